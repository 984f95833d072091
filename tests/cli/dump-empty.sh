vmber dump </dev/null

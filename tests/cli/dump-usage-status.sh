vmber dump --level 3 2>/dev/null

echo hello | vmber dump

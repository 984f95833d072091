echo hello | vmber verify

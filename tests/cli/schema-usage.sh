# What schema says of wrong words.
vmber schema
vmber schema nix
vmber schema import
vmber schema import "$STREAMS/none.mig"
vmber schema import -o out
vmber schema import --nix
vmber schema import -o out missing
vmber schema import -o out --base missing "$STREAMS/none.mig"
vmber schema export "$STREAMS/none.mig"
vmber schema export -o out a b
vmber schema list nix
vmber schema list --modules missing
vmber schema show
vmber schema show nix
vmber schema show --format nix nix
vmber schema check
vmber schema check missing
vmber schema freeze a b
vmber schema freeze missing
ls

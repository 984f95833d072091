# The modules of the repository are those that are frozen.
cd "$STREAMS/../../.." || exit
vmber schema freeze --check && echo good

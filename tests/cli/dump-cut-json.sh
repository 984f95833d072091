# The document is whole, and says that the stream is not.
head -c 2600 "$STREAMS/none.mig" | vmber dump --format json --level 1

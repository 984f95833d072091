vmber dump --format json "$STREAMS/none.mig"

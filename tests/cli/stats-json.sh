vmber stats --format json "$STREAMS/none.mig"

# The least stream, as text.
vmber dump "$STREAMS/none.mig"

vmber dump --path 'mc146818rtc > nothing' "$STREAMS/isapc.mig"

vmber dump --path 'port92' --path 'pcspk > data_on' --path 'nothing' "$STREAMS/isapc.mig"

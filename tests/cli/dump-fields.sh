# Structs, arrays of structs, short and long arrays of integers, subsections, fields with an index.
vmber dump --path cpu --path dma --path fw_cfg "$STREAMS/isapc.mig"

# Sections whose end alone is known: their devices have no module here.
sed 's/fw_cfg/xx_cfg/; s/vmmouse/xxmouse/' "$STREAMS/isapc-bare.mig" >bare
vmber dump --octets 6 --path xx_cfg bare
vmber dump --octets 6 --path xxmouse bare

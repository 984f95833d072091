# An octet too many in a device: not as the description says.
head -c 700 "$STREAMS/none.mig" >/dev/null
at=$(vmber dump --offsets --level 1 --path timer "$STREAMS/none.mig" | sed -n 's/^\([0-9a-f]*\)-.*timer.*/\1/p')
at=$((0x$at + 30))
{ head -c $at "$STREAMS/none.mig"; printf x; tail -c "+$((at + 1))" "$STREAMS/none.mig"; } >longer
vmber verify longer

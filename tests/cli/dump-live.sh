# Live sections that are not RAM, and devices without fields.
vmber dump --level 1 "$STREAMS/s390x.mig"

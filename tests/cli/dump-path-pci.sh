# A section is named by what stands before or behind a '/' of its idstr, too.
for path in 0000:00:01.0 PIIX3 '0000:00:01.0/PIIX3'; do
    vmber dump --level 1 --octets 4 --path "$path" "$STREAMS/pc-2.1.mig"
done

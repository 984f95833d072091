# Legacy octets are counted the same in both forms.
for name in none isapc s390x pages; do
    vmber encode -q -o x.ber "$STREAMS/$name.mig"
    vmber stats --format json "$STREAMS/$name.mig" | sed 's/.*"sections"/"sections"/; s/,"tail_octets.*//' >legacy
    vmber stats --format json x.ber | sed 's/.*"sections"/"sections"/; s/,"tail_octets.*//; s/,"ber_octets":[0-9]*//g' >ber
    cmp legacy ber && echo "$name: same"
done

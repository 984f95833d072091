# A stream shows the same in both forms, read from a file or from a pipe. How framing was told, and
# why, is in one of them only.
for name in none isapc isapc-bare pc-2.1 s390x pages; do
    vmber encode -q -o x.ber "$STREAMS/$name.mig"
    vmber dump "$STREAMS/$name.mig" >legacy
    vmber dump - <"$STREAMS/$name.mig" | cmp legacy -
    vmber dump x.ber >ber
    cat x.ber | vmber dump | cmp ber -
    for form in legacy ber; do
        grep -v -e '^header' -e '^  feature' -e '^trailer' $form |
            sed 's/  why ".*"  data/  data/' >$form.body
    done
    diff legacy.body ber.body && echo "$name: same"
done

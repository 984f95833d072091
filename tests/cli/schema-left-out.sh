# What an import cannot take is said; a folder that could not be read again is not written.
cp "$STREAMS/isapc-bare.mig" bare.mig
cp "$STREAMS/pages.mig" .
vmber schema export -o out bare.mig; echo "status $?"
vmber encode -q --schema off bare.mig | vmber schema import -o out -; echo "status $?"
vmber schema import -o out pages.mig; echo "status $?"
for label in 'a, b' 'a
b' 'a--b'; do
    vmber schema import -o out --origin "$label" "$STREAMS/none.mig" 2>&1 | head -n 1
done
vmber schema import -o labelled --origin x86_64.v-2 "$STREAMS/none.mig" 2>/dev/null
grep -h Seen labelled/*
{
    printf '{"a": {"Name": "a", "Description": {"name": "a", "version_id": 1, "Fields": ['
    n=0
    while [ $n -lt 4096 ]; do
        n=$((n + 1))
        printf '{"field": "f%d", "size": 1}, ' $n
    done
    printf '{"field": "f", "size": 1}]}}}\r\n'
} >many.json
vmber schema import -o out many.json; echo "status $?"
head -c 1000 many.json | vmber schema import -o out -; echo "status $?"

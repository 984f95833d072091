# The registry; docs/features.md is made of it.
top=$(dirname "$STREAMS")/../..
vmber features | sed 's/  meaning.*//'
vmber features --json | python3 "$top/tests/features-page.py" | diff "$top/docs/features.md" - && echo "the page is right"
vmber features --format xml
echo "format $?"
vmber features device.slirp.structured
echo "argument $?"

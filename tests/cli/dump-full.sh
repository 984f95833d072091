[ -w /dev/full ] || exit 3
vmber dump "$STREAMS/none.mig" >/dev/full 2>error
status=$?
[ -s error ] && exit $status

# Devices that are called like the modules that theirs import from, or like the files these are in.
rename() {
    sed "s/\"vmsd_name\": \"$1\"/\"vmsd_name\": \"$2\"$3/"
}
rename timer leaf ' ' <"$STREAMS/isapc.mig" | rename globalstate vmstate '    ' |
    rename mc146818rtc vmber-leaf ' ' >clash.mig
vmber schema export -o out clash.mig
ls out
vmber schema check out

# A flipped bit is found and its record is named.
vmber encode -o good.ber "$STREAMS/isapc.mig"
flip() {
    cp good.ber x.ber
    octet=$(dd if=good.ber bs=1 skip="$1" count=1 2>/dev/null | od -An -tu1)
    # shellcheck disable=SC2059 # the format is the octet
    printf "$(printf '\\%03o' $((octet ^ $2)))" | dd of=x.ber bs=1 seek="$1" conv=notrunc 2>/dev/null
    vmber verify x.ber >found
    echo "status $?"
    sed -n 's/^\(error: [A-Z_]*: [^:]*\).*/\1/p' found
}
place() { # of a section in the BER stream
    vmber dump --offsets --level 1 --path "$1" good.ber | sed -n 's/^.\{18\}\([0-9a-f]*\)-.*/\1/p' | head -n 1
}
flip 6 1
flip $((0x$(place mc146818rtc) + 60)) 4
flip $((0x$(place 'dma[1]') + 20)) 128
flip $(($(wc -c <good.ber) - 4)) 16

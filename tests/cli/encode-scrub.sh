# Octets of blobs that mean nothing are made zero, with a note for each field, and the header says so;
# whether they are lifted is another matter. The blob is that of a libslirp that leaks.
blobs=$STREAMS/../blobs
names() {
    vmber dump "$1" | sed -n 's/^  feature //p'
}
vmber lift --map slirp --version 4 "$blobs/hostile/slirp-leak.bin" | vmber decode >leak.mig
vmber encode --schema off --scrub -o octets.ber leak.mig
names octets.ber
vmber decode octets.ber >scrubbed.mig
cmp -l leak.mig scrubbed.mig | wc -l
cmp -l leak.mig scrubbed.mig | awk '$3 != 0' | wc -l
vmber verify octets.ber | tail -n 1
echo "-- lifted"
vmber encode -q --schema off --scrub --lift leak.mig | vmber decode | cmp - scrubbed.mig && echo same
echo "-- nothing is left to scrub"
vmber encode --schema off --scrub scrubbed.mig | vmber decode | cmp - scrubbed.mig && echo same
echo "-- another reader is told, too"
vmber convert --lift -o lifted.ber octets.ber
names lifted.ber
vmber decode lifted.ber | cmp - scrubbed.mig && echo same
echo "-- nobody can say so without doing it"
vmber encode -q --schema off --with stream.scrubbed -o exact.ber leak.mig
echo "-- a naked blob"
vmber lift --map slirp --version 4 --scrub -o naked.ber "$blobs/hostile/slirp-leak.bin"
vmber lift -q --map slirp --version 4 --scrub "$blobs/hostile/slirp-leak.bin" | vmber lower |
    cmp -l - "$blobs/hostile/slirp-leak.bin" | wc -l
echo "-- a blob that does not fit keeps its octets"
python3 - leak.mig misfit.mig <<'END'
import sys
octets = bytearray(open(sys.argv[1], "rb").read())
octets[octets.index(b"\0\0\0\x40", 100) + 7] = 99 # woff of 64 octets
open(sys.argv[2], "wb").write(octets)
END
vmber encode --schema off --scrub -o misfit.ber misfit.mig
vmber decode misfit.ber | cmp - misfit.mig && echo same
vmber encode --schema off --scrub --strict misfit.mig >none.ber

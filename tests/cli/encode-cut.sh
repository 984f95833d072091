# Input that is cut short is refused, and what came of it does not decode; with --salvage it comes back.
head -c 9000 "$STREAMS/isapc.mig" >short
vmber encode short >ber
echo "encode $?"
vmber decode ber >back
echo "decode $?"
vmber encode -q --salvage short | vmber decode | cmp short - && echo same

# A package that is whole but breaks off inside a section, with more of the stream behind it: octets,
# that come back; nothing that --strict takes.
{
    printf 'QEVM\000\000\000\003\007\000\000\000\001m'
    printf '\010\000\007\000\004\000\000\000\012\004\000\000\000\001\004abcd\000'
} >broken
vmber encode -o ber broken
vmber decode ber -o back && cmp broken back && echo same
vmber encode --strict broken >strict

# Lists of QEMU's that are cut short, or have space behind them, or are wrong inside.
for list in '{' '{"a": {"Description": {"name": "}}' '{"a": {"b": [1, 2' '{"a": "\"}' '{} }'; do
    printf '%s' "$list" | vmber schema import -o out -
    echo "status $?"
done
printf '{} \t\r\n' | vmber schema import -o out -
for list in '{"t": nonsense}' '{"t": 5}' '{"t": {"Description": []}}' '{"t": {"Description": 01}}' \
    '{"t": {"Description": {"name": "a", "version_id": -1e+5, "Fields": [nul]}}}'; do
    printf '%s' "$list" | vmber schema import -o out -
    echo "status $?"
done
awk 'BEGIN { for (i = 0; i < 129; i++) printf "{\"a\":"; for (i = 0; i < 129; i++) printf "}" }' |
    vmber schema import -o out -
echo "status $?"

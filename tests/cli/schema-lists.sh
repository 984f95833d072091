# Lists of QEMU's that are cut short, or have space behind them.
for list in '{' '{"a": {"Description": {"name": "}}' '{"a": {"b": [1, 2' '{"a": "\"}' '{} }'; do
    printf '%s' "$list" | vmber schema import -o out -
    echo "status $?"
done
printf '{} \t\r\n' | vmber schema import -o out -

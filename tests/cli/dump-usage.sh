vmber dump --format xml 2>&1 | head -n 1
vmber dump --level 3 2>&1 | head -n 1
vmber dump --octets few 2>&1 | head -n 1
vmber dump --path 'a > > b' 2>&1 | head -n 1
vmber dump --level 0 --path a 2>&1 | head -n 1
vmber dump one two 2>&1 | head -n 1
vmber verify --format xml 2>&1 | head -n 1
vmber stats one two 2>&1 | head -n 1
vmber dump nothing-there
echo "status $?"
vmber dump .
echo "status $?"

# Every form a path has.
for path in 'mc146818rtc > cmos_data' 'mc146818rtc.cmos_data' 'mc146818rtc/cmos_data' \
    '*rtc > *coalesced*' 'cpu > env.segs[2] > base' 'cpu.env.segs[2].base' 'cpu.*.selector' \
    'cpu>env.segs[*]>limit' 'cpu > env.cr[3]' 'cpu > env.regs[9]' 'cpu > env.regs' 'dma[1] > mask' \
    'dma.regs[2].mode' 'fw_cfg > fw_cfg/dma' 'ram > pc.bios' 'i8254 > channels[?] > mode'; do
    echo "== $path"
    vmber dump --path "$path" "$STREAMS/isapc.mig"
done

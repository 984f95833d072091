# guest.S: a multiboot guest that counts on COM1 and dirties memory.
#
# It prints 1, 2, 3, ... on the first serial port, one number a line, about
# forty a second; a test that follows the guest from one QEMU to another sees
# a gap or a repeat at once. Between two lines it writes memory as the kernel
# command line asks (all numbers decimal, default 0):
#
#   fill=N   once, before the first line: N MiB of pseudo-random words,
#            so that no page is zero and none compresses
#   churn=M  each tick: the first M MiB of that are filled anew
#   touch=K  each tick: in the K MiB after those, one word a page is counted
#            up; this leaves a small difference, which XBZRLE encodes
#   bcast=B  each tick: all pages of the B MiB after those are filled with one
#            word, the tick number; such pages compress well
#
# It does no more: no interrupts, no paging, no devices but the
# serial port and the timer behind port 0x61.

        .set    MB_MAGIC, 0x1badb002
        .set    MB_FLAGS, 0x00000003            # page-aligned, wants memory info
        .set    COM1, 0x3f8
        .set    ARENA, 0x400000                 # the stretch that is written
        .set    PIT_TICKS, 1193182 / 40

        .code32
        .text
        .globl  start
        .align  4
header: .long   MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

start:  movl    $stack_top, %esp
        cld
        testl   $4, (%ebx)                      # is there a command line?
        jz      1f
        movl    16(%ebx), %esi
        call    parse
1:      movl    $0x2545f491, seed
        movl    $ARENA, %edi
        movl    fill, %ecx
        call    noise

tick:   incl    count
        movl    count, %eax
        call    print
        call    write_memory
        call    pause
        jmp     tick

# write_memory: what the command line asked for, one tick of it.
write_memory:
        movl    $ARENA, %edi
        movl    churn, %ecx
        call    noise                           # leaves %edi behind the churn
        movl    touch, %ecx
        shll    $8, %ecx                        # MiB to pages
        jz      2f
1:      incl    64(%edi)
        addl    $4096, %edi
        loop    1b
2:      movl    bcast, %ecx
        shll    $18, %ecx                       # MiB to words
        movl    count, %eax
        rep stosl
        ret

# noise: fill %ecx MiB from %edi with xorshift32 words.
noise:  shll    $18, %ecx
        jz      2f
        movl    seed, %eax
1:      movl    %eax, %edx
        shll    $13, %edx
        xorl    %edx, %eax
        movl    %eax, %edx
        shrl    $17, %edx
        xorl    %edx, %eax
        movl    %eax, %edx
        shll    $5, %edx
        xorl    %edx, %eax
        stosl
        loop    1b
        movl    %eax, seed
2:      ret

# pause: one fortieth of a second on PIT channel 2, mode 0, by polling.
pause:  movb    $1, %al                         # gate on, speaker off
        outb    %al, $0x61
        movb    $0xb0, %al
        outb    %al, $0x43
        movb    $PIT_TICKS & 0xff, %al
        outb    %al, $0x42
        movb    $PIT_TICKS >> 8, %al
        outb    %al, $0x42
1:      inb     $0x61, %al
        testb   $0x20, %al
        jz      1b
        ret

# print: %eax in decimal and a newline.
print:  movl    $digits_end, %edi
        movl    $10, %ecx
1:      xorl    %edx, %edx
        divl    %ecx
        addb    $'0', %dl
        decl    %edi
        movb    %dl, (%edi)
        testl   %eax, %eax
        jnz     1b
2:      movb    (%edi), %bl
        call    putc
        incl    %edi
        cmpl    $digits_end + 1, %edi           # the newline is the last one
        jne     2b
        ret

# putc: %bl to COM1, once its holding register is empty.
putc:   movw    $COM1 + 5, %dx
1:      inb     %dx, %al
        testb   $0x20, %al
        jz      1b
        movw    $COM1, %dx
        movb    %bl, %al
        outb    %al, %dx
        ret

# parse: each " x...=number" of the string at %esi sets the variable whose
# name begins with x. The first word is the kernel's file name.
parse:  lodsb
        testb   %al, %al
        jz      9f
        cmpb    $' ', %al
        jne     parse
        movb    (%esi), %bl
        movl    $fill, %edi
        cmpb    $'f', %bl
        je      1f
        movl    $churn, %edi
        cmpb    $'c', %bl
        je      1f
        movl    $touch, %edi
        cmpb    $'t', %bl
        je      1f
        movl    $bcast, %edi
        cmpb    $'b', %bl
        jne     parse
1:      lodsb
        testb   %al, %al
        jz      9f
        cmpb    $'=', %al
        jne     1b
2:      movzbl  (%esi), %eax
        subl    $'0', %eax
        cmpl    $9, %eax
        ja      parse
        incl    %esi
        imull   $10, (%edi), %edx
        addl    %eax, %edx
        movl    %edx, (%edi)
        jmp     2b
9:      ret

        .data
        .align  4
fill:   .long   0
churn:  .long   0
touch:  .long   0
bcast:  .long   0
count:  .long   0
seed:   .long   0
digits: .skip   10
digits_end:
        .ascii  "\n"
        .align  16
        .skip   1024
stack_top:

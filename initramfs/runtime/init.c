/* /init of an image whose program is a PyInstaller one: freestanding, static, raw system calls.
 *
 * The program's loader looks itself up through /proc/self/exe, so as process 1 /proc must be
 * mounted first; and Python wants its three standard streams to be open. Everything else is the
 * program's own business (cmds/init.py).
 *
 * Ref: Documentation/filesystems/ramfs-rootfs-initramfs.rst; System V ABI, initial process stack.
 */

#define PROGRAM "/uroot/uroot"

#if defined(__x86_64__)
enum { OPENAT = 257, CLOSE = 3, WRITE = 1, MKDIRAT = 258, MOUNT = 165, GETPID = 39,
       EXECVE = 59, EXIT = 60 };
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");

static long call(long number, long a, long b, long c, long d, long e)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
enum { OPENAT = 56, CLOSE = 57, WRITE = 64, MKDIRAT = 34, MOUNT = 40, GETPID = 172,
       EXECVE = 221, EXIT = 93 };
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl start\n");

static long call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
#else
#error "this machine has no system call numbers here yet"
#endif

enum { AT_FDCWD = -100, O_RDWR = 2, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, EBUSY = 16 };

__attribute__((noreturn, used)) void start(long *stack)
{
	char **arguments = (char **)(stack + 1);
	char **environment = arguments + stack[0] + 1;
	static const char failed[] = "init: cannot start " PROGRAM "\n";
	static const char lacks[] = "init: /proc cannot be mounted, nothing starts without it:"
	                            " use a kernel with CONFIG_PROC_FS\n";
	long file, mounted = 0;

	if (call(GETPID, 0, 0, 0, 0, 0) == 1) {
		call(MKDIRAT, AT_FDCWD, (long)"/proc", 0555, 0, 0);
		mounted = call(MOUNT, (long)"proc", (long)"/proc", (long)"proc",
		               MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
	}
	do
		file = call(OPENAT, AT_FDCWD, (long)"/dev/null", O_RDWR, 0, 0);
	while (file >= 0 && file < 3);
	if (file >= 3)
		call(CLOSE, file, 0, 0, 0, 0);
	if (mounted < 0 && mounted != -EBUSY)
		call(WRITE, 2, (long)lacks, sizeof(lacks) - 1, 0, 0);
	call(EXECVE, (long)PROGRAM, (long)arguments, (long)environment, 0, 0);
	call(WRITE, 2, (long)failed, sizeof(failed) - 1, 0, 0);
	for (;;)
		call(EXIT, 127, 0, 0, 0, 0);
}

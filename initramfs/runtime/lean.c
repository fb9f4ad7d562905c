/* The lean runtime: a static CPython whose modules are part of the executable.
 *
 * This is /init and every applet in one file: no loader, no shared library, no look-up of itself, no
 * file to read before the first line of Python. initramfs/lean.py links it with the C modules that the
 * image reaches (modules.h) and with the code that the freeze found (blob.S, see initramfs/blob.py).
 *
 * Ref: CPython 3.11, Python/frozen.c, Modules/config.c.in, "Python Initialization Configuration".
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "internal/pycore_import.h"

/* ---- _uroot: what uroot_py.abi.libc needs ---- */

/* The value of an argument of a system call: a number, nothing, or where a buffer lies. */
static int as_word(PyObject *value, long *word, Py_buffer *view)
{
	view->obj = NULL;
	if (value == Py_None) {
		*word = 0;
	} else if (PyLong_Check(value)) {
		*word = (long)PyLong_AsUnsignedLongLongMask(value);
	} else {
		if (PyObject_GetBuffer(value, view, PyBUF_SIMPLE) < 0)
			return -1;
		*word = (long)view->buf;
	}
	return PyErr_Occurred() ? -1 : 0;
}

static PyObject *uroot_call(PyObject *self, PyObject *arguments)
{
	long word[7] = {0}, result = -1;
	Py_buffer view[7];
	Py_ssize_t count = PyTuple_GET_SIZE(arguments), i;

	if (count < 1 || count > 7) {
		PyErr_SetString(PyExc_TypeError, "call() takes a number and up to six arguments");
		return NULL;
	}
	for (i = 0; i < count; i++)
		if (as_word(PyTuple_GET_ITEM(arguments, i), &word[i], &view[i]) < 0)
			break;
	if (i == count) {
		Py_BEGIN_ALLOW_THREADS
		result = syscall(word[0], word[1], word[2], word[3], word[4], word[5], word[6]);
		Py_END_ALLOW_THREADS
		if (result == -1)
			PyErr_SetFromErrno(PyExc_OSError);
	}
	while (i--)
		if (view[i].obj)
			PyBuffer_Release(&view[i]);
	return PyErr_Occurred() ? NULL : PyLong_FromLong(result);
}

static PyObject *uroot_address(PyObject *self, PyObject *buffer)
{
	long word;
	Py_buffer view;

	if (as_word(buffer, &word, &view) < 0)
		return NULL;
	if (view.obj)
		PyBuffer_Release(&view);
	return PyLong_FromUnsignedLong((unsigned long)word);
}

static PyMethodDef methods[] = {
	{"call", uroot_call, METH_VARARGS, NULL},
	{"address", uroot_address, METH_O, NULL},
	{NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_uroot", NULL, -1, methods};

static PyObject *PyInit__uroot(void)
{
	return PyModule_Create(&module);
}

/* ---- the modules in C ---- */

extern PyObject *PyMarshal_Init(void), *PyInit__imp(void), *PyInit_gc(void), *_PyWarnings_Init(void),
	*PyInit__string(void);
#define MODULE(name) extern PyObject *PyInit_##name(void);
#include "modules.h"
#undef MODULE

struct _inittab _PyImport_Inittab[] = {
	{"marshal", PyMarshal_Init},
	{"_imp", PyInit__imp},
	{"gc", PyInit_gc},
	{"_warnings", _PyWarnings_Init},
	{"_string", PyInit__string},
	{"_uroot", PyInit__uroot},
	{"builtins", NULL},
	{"sys", NULL},
#define MODULE(name) {#name, PyInit_##name},
#include "modules.h"
	{NULL, NULL},
};

/* ---- the modules in Python: all of them in our blob, none in CPython's own tables ---- */

static const struct _frozen none[] = {{NULL, NULL, 0}};
const struct _frozen *_PyImport_FrozenBootstrap = none, *_PyImport_FrozenStdlib = none,
	*_PyImport_FrozenTest = none, *PyImport_FrozenModules = none;
static const struct _module_alias aliases[] = {
	{"_frozen_importlib", "importlib._bootstrap"},
	{"_frozen_importlib_external", "importlib._bootstrap_external"},
	{NULL, NULL},
};
const struct _module_alias *_PyImport_FrozenAliases = aliases;

int _Py_Deepfreeze_Init(void)
{
	return 0;
}

void _Py_Deepfreeze_Fini(void)
{
}

extern const unsigned char uroot_blob[];

static void give_modules(void)
{
	const unsigned *row = (const unsigned *)uroot_blob;
	unsigned count = row[1];
	struct _frozen *table = calloc(count + 1, sizeof *table);

	if (!table)
		_exit(127);
	PyImport_FrozenModules = table;
	for (row += 2; count--; row += 4, table++) {
		table->name = (const char *)uroot_blob + row[0];
		table->code = uroot_blob + row[1];
		table->size = (int)row[2];
		table->is_package = row[3] == 1;
	}
}

/* ---- start ---- */

static void check(PyStatus status)
{
	if (PyStatus_Exception(status))
		Py_ExitStatusException(status);
}

int main(int count, char **arguments)
{
	static wchar_t *const nowhere = L"/";
	PyPreConfig early;
	PyConfig config;
	int file;

	do
		file = open("/dev/null", O_RDWR);
	while (file >= 0 && file < 3);
	if (file >= 3)
		close(file);
	give_modules();

	PyPreConfig_InitIsolatedConfig(&early);
	early.utf8_mode = 1;
	early.configure_locale = 0;
	check(Py_PreInitialize(&early));

	PyConfig_InitIsolatedConfig(&config);
	config.site_import = 0;
	config.write_bytecode = 0;
	config.pathconfig_warnings = 0;
	config.install_signal_handlers = 1;
	/* A random seed would wait a second for entropy on machines without RDRAND. */
	config.use_hash_seed = 1;
	config.hash_seed = 0;
	config.parse_argv = 0;
	config.module_search_paths_set = 1;
	/* All of these, or CPython computes them from the file system. */
	wchar_t **paths[] = {&config.program_name, &config.executable, &config.base_executable,
	                     &config.home, &config.prefix, &config.exec_prefix, &config.base_prefix,
	                     &config.base_exec_prefix, &config.stdlib_dir};
	for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
		check(PyConfig_SetString(&config, paths[i], nowhere));
	check(PyConfig_SetBytesArgv(&config, count, arguments));
	check(Py_InitializeFromConfig(&config));
	PyConfig_Clear(&config);

	/* It does not come back: cmds.dispatch ends the process. */
	if (!PyImport_ImportModule("uroot_main"))
		PyErr_Print();
	_exit(70);
}

/* libargon2 as uroot_py.abi.argon2 needs it:
 *
 *     hash(type, passes, memory, lanes, password, salt, result) -> status
 *
 * MEMORY is in KiB, RESULT a buffer that is filled.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <argon2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Debian's library was compiled with glibc's headers, which make these of a sprintf and of an
 * explicit_bzero (since Debian 13). */
void __explicit_bzero_chk(void *data, size_t size, size_t room)
{
	(void)room;
	explicit_bzero(data, size);
}

int __sprintf_chk(char *text, int flag, size_t size, const char *format, ...)
{
	va_list list;
	int count;

	va_start(list, format);
	count = vsnprintf(text, size, format, list);
	va_end(list);
	return count;
}

static PyObject *hash(PyObject *self, PyObject *arguments)
{
	unsigned type, passes, memory, lanes;
	Py_buffer password, salt, result;
	int status;

	if (!PyArg_ParseTuple(arguments, "IIIIy*y*w*", &type, &passes, &memory, &lanes, &password, &salt,
			      &result))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	status = argon2_hash(passes, memory, lanes, password.buf, password.len, salt.buf, salt.len,
			     result.buf, result.len, NULL, 0, (argon2_type)type, ARGON2_VERSION_13);
	Py_END_ALLOW_THREADS
	PyBuffer_Release(&password);
	PyBuffer_Release(&salt);
	PyBuffer_Release(&result);
	return PyLong_FromLong(status);
}

static PyMethodDef methods[] = {
	{"hash", hash, METH_VARARGS, NULL},
	{NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_argon2", NULL, -1, methods};

PyMODINIT_FUNC PyInit__argon2(void)
{
	return PyModule_Create(&module);
}

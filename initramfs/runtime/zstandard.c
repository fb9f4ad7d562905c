/* As much of the Python package "zstandard" as our code uses, over the decoding half of libzstd:
 * a twentieth of the package's size.
 *
 *     ZstdDecompressor(max_window_size=0).decompressobj() -> .decompress(data), .eof,
 *     .unused_data; ZstdError
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_DCtx_setMaxWindowSize */
#include <zstd.h>

typedef struct {
	PyObject_HEAD
	ZSTD_DCtx *context;
	unsigned long long window;
	PyObject *unused; /* what follows the end of the stream */
	char eof;
} Decompressor;

static PyObject *error;

static PyObject *decompressor_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
	static char *names[] = {"max_window_size", NULL};
	unsigned long long window = 0;
	Decompressor *self;

	if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|K", names, &window))
		return NULL;
	self = PyObject_New(Decompressor, type);
	if (!self)
		return NULL;
	self->window = window;
	self->eof = 0;
	self->unused = PyBytes_FromStringAndSize(NULL, 0);
	self->context = ZSTD_createDCtx();
	if (!self->context || !self->unused) {
		Py_DECREF(self);
		return PyErr_NoMemory();
	}
	if (window)
		ZSTD_DCtx_setMaxWindowSize(self->context, window);
	return (PyObject *)self;
}

static void decompressor_free(Decompressor *self)
{
	ZSTD_freeDCtx(self->context);
	Py_XDECREF(self->unused);
	PyObject_Free(self);
}

static PyObject *decompressobj(Decompressor *self, PyObject *none)
{
	return PyObject_CallFunction((PyObject *)Py_TYPE(self), "K", self->window);
}

static PyObject *decompress(Decompressor *self, PyObject *data)
{
	Py_buffer view;
	PyObject *result;
	size_t step = ZSTD_DStreamOutSize(), used = 0, left;

	if (self->eof) {
		PyErr_SetString(error, "cannot use a decompressobj multiple times");
		return NULL;
	}
	if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0)
		return NULL;
	ZSTD_inBuffer in = {view.buf, (size_t)view.len, 0};
	result = PyBytes_FromStringAndSize(NULL, 0);
	while (result) {
		if (_PyBytes_Resize(&result, (Py_ssize_t)(used + step)) < 0)
			break;
		ZSTD_outBuffer out = {PyBytes_AS_STRING(result) + used, step, 0};
		left = ZSTD_decompressStream(self->context, &out, &in);
		if (ZSTD_isError(left)) {
			PyErr_Format(error, "zstd decompressor error: %s", ZSTD_getErrorName(left));
			Py_CLEAR(result);
			break;
		}
		used += out.pos;
		self->eof = left == 0;
		if (self->eof || (in.pos == in.size && out.pos < step)) {
			_PyBytes_Resize(&result, (Py_ssize_t)used);
			break;
		}
	}
	if (result && self->eof) {
		Py_DECREF(self->unused);
		self->unused =
			PyBytes_FromStringAndSize((char *)view.buf + in.pos, view.len - (Py_ssize_t)in.pos);
		if (!self->unused)
			Py_CLEAR(result);
	}
	PyBuffer_Release(&view);
	return result;
}

static PyMethodDef methods[] = {
	{"decompressobj", (PyCFunction)decompressobj, METH_NOARGS, NULL},
	{"decompress", (PyCFunction)decompress, METH_O, NULL},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
	{"unused_data", T_OBJECT, offsetof(Decompressor, unused), READONLY, NULL},
	{"eof", T_BOOL, offsetof(Decompressor, eof), READONLY, NULL},
	{NULL, 0, 0, 0, NULL},
};

static PyTypeObject type = {
	PyVarObject_HEAD_INIT(NULL, 0)
	.tp_name = "zstandard.ZstdDecompressor",
	.tp_basicsize = sizeof(Decompressor),
	.tp_flags = Py_TPFLAGS_DEFAULT,
	.tp_new = decompressor_new,
	.tp_dealloc = (destructor)decompressor_free,
	.tp_methods = methods,
	.tp_members = members,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "zstandard", NULL, -1, NULL};

PyObject *PyInit_zstandard(void)
{
	PyObject *made = PyModule_Create(&module);

	if (!made || PyModule_AddType(made, &type) < 0)
		return NULL;
	error = PyErr_NewException("zstandard.ZstdError", NULL, NULL);
	if (!error || PyModule_AddObjectRef(made, "ZstdError", error) < 0)
		return NULL;
	return made;
}

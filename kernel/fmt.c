/* SPDX-License-Identifier: MIT */
/* printf's integer and string conversions, for the kernel: no floating point, no locale,
 * no memory, any context. */
#include <kernel/log.h>

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	int width, precision; /* precision -1: none */
	bool left, zero;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size) {
		o->buf[o->len] = c;
	}
	o->len++;
}

static void pad(struct out *o, int n, char c)
{
	while (n-- > 0) {
		put(o, c);
	}
}

static void put_text(struct out *o, const struct spec *sp, const char *s, int len)
{
	if (!sp->left) {
		pad(o, sp->width - len, ' ');
	}
	for (int i = 0; i < len; i++) {
		put(o, s[i]);
	}
	if (sp->left) {
		pad(o, sp->width - len, ' ');
	}
}

static void put_number(struct out *o, const struct spec *sp, uint64_t v, unsigned base, bool upper,
		       const char *prefix)
{
	char digits[24];
	int n = 0, used, zeros;
	struct spec whole = *sp;

	do {
		unsigned d = (unsigned)(v % base);

		digits[n++] = (char)(d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10);
		v /= base;
	} while (v != 0);
	for (used = 0; prefix[used] != '\0'; used++) {
	}
	zeros = sp->precision - n;
	if (sp->zero && !sp->left && sp->precision < 0) {
		zeros = sp->width - n - used;
	}
	zeros = MAX(zeros, 0);
	whole.width -= n + used + zeros;
	if (!sp->left) {
		pad(o, whole.width, ' ');
	}
	for (int i = 0; i < used; i++) {
		put(o, prefix[i]);
	}
	pad(o, zeros, '0');
	while (n > 0) {
		put(o, digits[--n]);
	}
	if (sp->left) {
		pad(o, whole.width, ' ');
	}
}

static const char *parse_int(const char *f, int *v, va_list *ap)
{
	if (*f == '*') {
		*v = va_arg(*ap, int);
		return f + 1;
	}
	for (*v = 0; *f >= '0' && *f <= '9'; f++) {
		*v = *v * 10 + (*f - '0');
	}
	return f;
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ .precision = -1 };
	for (;; f++) {
		if (*f == '-') {
			sp->left = true;
		} else if (*f == '0') {
			sp->zero = true;
		} else {
			break;
		}
	}
	f = parse_int(f, &sp->width, ap);
	if (sp->width < 0) {
		sp->left = true;
		sp->width = -sp->width;
	}
	return *f == '.' ? parse_int(f + 1, &sp->precision, ap) : f;
}

static void convert(struct out *o, const struct spec *sp, char c, int longs, va_list *ap)
{
	const char *s;
	int64_t v;
	int n;

	switch (c) {
	case 'd':
	case 'i':
		v = longs ? va_arg(*ap, int64_t) : va_arg(*ap, int);
		put_number(o, sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, false,
			   v < 0 ? "-" : "");
		break;
	case 'u':
	case 'x':
	case 'X':
		put_number(o, sp, longs ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned),
			   c == 'u' ? 10 : 16, c == 'X', "");
		break;
	case 'p':
		put_number(o, sp, va_arg(*ap, uintptr_t), 16, false, "0x");
		break;
	case 's':
		s = va_arg(*ap, const char *);
		s = s == NULL ? "(null)" : s;
		for (n = 0; (sp->precision < 0 || n < sp->precision) && s[n] != '\0'; n++) {
		}
		put_text(o, sp, s, n);
		break;
	case 'c':
		put_text(o, sp, (char[]){ (char)va_arg(*ap, int) }, 1);
		break;
	default:
		put(o, c);
		break;
	}
}

int fmt_vsnprintf(char *buf, size_t n, const char *f, va_list ap_)
{
	struct out o = { buf, n, 0 };
	struct spec sp;
	va_list ap;

	va_copy(ap, ap_);
	for (; *f != '\0'; f++) {
		int longs = 0;

		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &sp, &ap);
		while (*f == 'l' || *f == 'z') {
			longs++;
			f++;
		}
		if (*f == '\0') {
			break;
		}
		convert(&o, &sp, *f, longs, &ap);
	}
	va_end(ap);
	if (n > 0) {
		buf[MIN(o.len, n - 1)] = '\0';
	}
	return (int)o.len;
}

int fmt_snprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fmt_vsnprintf(buf, n, fmt, ap);
	va_end(ap);
	return r;
}

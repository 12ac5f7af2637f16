/* SPDX-License-Identifier: MIT */
/* A slot on an SPI bus: its card looks to card.c and disk.c like one on the SD bus. Commands that SPI mode has not are
 * answered here, or are others that ask the same; tokens, busy and checksums stay here. The card is asked, as nothing
 * interrupts: from a timer while it takes its time. Spec: SD Physical Layer Simplified 6.00, 7; binding
 * mmc/mmc-spi-slot. */
#include "spi_slot.h"

#include "sd_crc.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <string.h>

#define CMD_GO_IDLE	  0
#define CMD_ALL_SEND_CID  2
#define CMD_RELATIVE_ADDR 3
#define CMD_SELECT	  7
#define CMD_SEND_CID	  10
#define CMD_STOP	  12
#define CMD_SEND_STATUS	  13
#define CMD_READ_OCR	  58
#define CMD_CRC_ON_OFF	  59

/* 7.3.2.1: R1 of SPI mode, in one byte. */
#define SPI_IDLE      0x01
#define SPI_ILLEGAL   0x04
#define SPI_CRC	      0x08
#define SPI_ERASE_SEQ 0x10
#define SPI_ADDRESS   0x20
#define SPI_PARAMETER 0x40
#define SPI_NONE      0x80 /* no answer yet */

#define TOKEN_STOP 0xfd /* 7.3.3 */
#define OCR_READY  (1U << 31)
#define STATE_PRG  7U

#define MODE	     0
#define ANSWER_BYTES 9U	 /* 7.5.4: N_CR is 8 at most */
#define CLOCKS_BYTES 10	 /* 6.4.1.1: 74 clocks */
#define RESET_TRIES  8U	 /* its firmware may have left it in the middle of something */
#define LOOKS	     16U /* bytes in which a token is looked for at once */
#define AT_ONCE	     8U	 /* blocks, before others have their turn */
#define LOOK_NS	     (100 * NS_PER_US) /* between two looks */
#define IDLE_NS	     (10 * NS_PER_MS)  /* until the line is released */

static struct spi_slot *slot_of(struct mmc *m)
{
	return container_of(m, struct spi_slot, mmc);
}

/* --- bytes ---------------------------------------------------------------------------------------- */

static void chip_select(struct spi_slot *s, bool on)
{
	s->bus->ops->select(s->bus, on);
}

/* 7.2: eight clocks more, and the card is off the line. */
static void release(struct spi_slot *s)
{
	uint8_t b;

	chip_select(s, false);
	(void)spi_receive(s, &b, 1);
}

int spi_look(struct spi_slot *s, bool released)
{
	uint8_t b = SPI_RELEASED;

	for (unsigned i = 0; i < LOOKS; i++) {
		int r = spi_receive(s, &b, 1);

		if (r != 0) {
			return r;
		}
		if ((b == SPI_RELEASED) == released) {
			break;
		}
	}
	return b;
}

/* Until the card lets go of the line: it holds it low while it programs. */
static int wait_idle(struct spi_slot *s)
{
	uint64_t deadline = time_after(IDLE_NS);
	int b = spi_look(s, true);

	while (b >= 0 && b != SPI_RELEASED) {
		if (time_now() >= deadline) {
			return -ETIMEDOUT;
		}
		b = spi_look(s, true);
	}
	return b < 0 ? b : 0;
}

/* --- commands ----------------------------------------------------------------------------------------- */

/* R1 of SPI mode, or -errno. Eight clocks come before it: 7.5.4, N_RC behind the answer to another. */
static int command(struct spi_slot *s, uint8_t index, uint32_t arg)
{
	uint8_t b, f[7] = { SPI_RELEASED,	  0x40 | index,	       (uint8_t)(arg >> 24),
			    (uint8_t)(arg >> 16), (uint8_t)(arg >> 8), (uint8_t)arg };
	int r;

	f[6] = (uint8_t)(sd_crc7(f + 1, 5) << 1 | 1);
	r = spi_send(s, f, sizeof(f));
	if (r == 0 && index == CMD_STOP) {
		r = spi_receive(s, &b, 1); /* 7.2.3: the rest of a block that is cut off */
	}
	for (unsigned i = 0; r == 0 && i < ANSWER_BYTES; i++) {
		r = spi_receive(s, &b, 1);
		if (r == 0 && (b & SPI_NONE) == 0) {
			return b;
		}
	}
	return r != 0 ? r : -ETIMEDOUT;
}

/* @r1 as R1 of the SD bus, on which a card does not answer what it does not know. */
static int translate(int r1, uint32_t *status)
{
	if (r1 < 0) {
		return r1;
	}
	if ((r1 & SPI_CRC) != 0) {
		return -EILSEQ;
	}
	if ((r1 & SPI_ILLEGAL) != 0) {
		return -ETIMEDOUT;
	}
	*status = ((r1 & SPI_IDLE) != 0 ? 0 : STATE_TRAN << 9 | R1_READY) |
		  ((r1 & SPI_ERASE_SEQ) != 0 ? 1U << 28 : 0) |
		  ((r1 & SPI_ADDRESS) != 0 ? 1U << 30 : 0) |
		  ((r1 & SPI_PARAMETER) != 0 ? R1_OUT_OF_RANGE : 0);
	return 0;
}

/* Four bytes behind R1: OCR, or the echo of CMD8. */
static int receive_word(struct spi_slot *s, uint32_t *v)
{
	uint8_t b[4];
	int r = spi_receive(s, b, sizeof(b));

	*v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return r;
}

/* 7.3.2.3: the byte behind R1 says what the status of the SD bus does at other places. */
static int ask_status(struct spi_slot *s, uint32_t *status)
{
	static const uint8_t places[8] = { 25, 15, 19, 20, 21, 26, 27, 31 };
	int r = translate(command(s, CMD_SEND_STATUS, 0), status);
	uint8_t b;

	r = r != 0 ? r : spi_receive(s, &b, 1);
	for (unsigned i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
		*status |= ((unsigned)b >> i & 1) << places[i];
	}
	return r;
}

/* In the middle of many blocks a card takes nothing but their end: what it is in is known here. */
static int tell_status(struct spi_slot *s, uint32_t *status)
{
	if (s->open == OPEN_NONE) {
		return ask_status(s, status);
	}
	if (s->open == OPEN_READ) {
		*status = STATE_DATA << 9 | R1_READY;
	} else {
		int r = wait_idle(s);

		*status = r == 0 ? STATE_RCV << 9 | R1_READY : STATE_PRG << 9;
	}
	return 0;
}

/* 7.2.1: CMD0 with the card selected is what makes it one of SPI; it checks this checksum. */
static int go_idle(struct spi_slot *s)
{
	int r = -ETIMEDOUT;

	s->open = OPEN_NONE;
	s->crc = false;
	for (unsigned i = 0; i < RESET_TRIES && r != SPI_IDLE; i++) {
		chip_select(s, false);
		r = s->bus->ops->transfer(s->bus, NULL, NULL, CLOCKS_BYTES);
		chip_select(s, true);
		r = r != 0 ? r : command(s, CMD_GO_IDLE, 0);
	}
	return r == SPI_IDLE ? 0 : -ETIMEDOUT;
}

/* ACMD41 says no more than whether it still powers up; then OCR can be read, and checksums be agreed on, which early cards
 * may refuse. */
static int ask_op_cond(struct spi_slot *s, struct mmc_cmd *c)
{
	int r1 = command(s, c->index, c->arg), r = translate(r1, c->response);

	c->response[0] = 0;
	if (r != 0 || (r1 & SPI_IDLE) != 0) {
		return r;
	}
	s->crc = command(s, CMD_CRC_ON_OFF, 1) == 0;
	r = translate(command(s, CMD_READ_OCR, 0), c->response);
	r = r != 0 ? r : receive_word(s, c->response);
	c->response[0] |= OCR_READY;
	return r;
}

void spi_over(struct spi_slot *s, int status)
{
	s->cmd->status = status;
	s->cmd = NULL;
	s->waits = false;
	if (s->open == OPEN_NONE) {
		release(s);
	}
}

/* --- what the card layer asks ---------------------------------------------------------------------------------- */

static int begin_stop(struct spi_slot *s, struct mmc_cmd *c)
{
	/* 7.5.2.3: busy begins a byte later. */
	static const uint8_t token[] = { TOKEN_STOP, SPI_RELEASED };
	bool by_token = s->open == OPEN_WRITE;
	int r;

	s->open = OPEN_NONE;
	c->response[0] = STATE_TRAN << 9 | R1_READY;
	r = by_token ? spi_send(s, token, sizeof(token))
		     : translate(command(s, CMD_STOP, 0), c->response);
	spi_busy_begin(s);
	return r;
}

/* A command that both have. */
static int begin_command(struct spi_slot *s, struct mmc_cmd *c)
{
	uint8_t index = c->index == CMD_ALL_SEND_CID ? CMD_SEND_CID : c->index;
	int r = translate(command(s, index, c->arg), c->response);

	if (r == 0 && c->resp == RESP_R7) {
		r = receive_word(s, c->response);
	}
	if (r == 0 && (c->iov != NULL || c->resp == RESP_R2)) {
		/* A card that refuses an address in R1 sends nothing. */
		if ((c->response[0] & R1_ERRORS) != 0) {
			return -EIO;
		}
		c->response[0] = c->resp == RESP_R2 ? 0 : c->response[0];
		spi_data_begin(s);
	}
	return r;
}

/* 0: it goes on, or is over; or what ends it. */
static int begin(struct spi_slot *s, struct mmc_cmd *c, bool *ends)
{
	*ends = true;
	switch (c->index) {
	case CMD_GO_IDLE:
		return go_idle(s);
	case CMD_RELATIVE_ADDR:
		return 0; /* there are no addresses */
	case CMD_SELECT:
	case CMD_SEND_STATUS:
		return tell_status(s, c->response);
	case CMD_STOP:
		*ends = false;
		return begin_stop(s, c);
	default:
		if (c->resp == RESP_R3) {
			return ask_op_cond(s, c);
		}
		*ends = c->iov == NULL && c->resp != RESP_R2;
		return begin_command(s, c);
	}
}

static void slot_start(struct mmc *m, struct mmc_cmd *c)
{
	struct spi_slot *s = slot_of(m);
	bool ends;
	int r;

	s->cmd = c;
	s->waits = false;
	memset(c->response, 0, sizeof(c->response));
	if (s->dead) {
		c->status = -EIO;
		s->cmd = NULL;
		return;
	}
	chip_select(s, true);
	r = s->open == OPEN_NONE && c->index != CMD_GO_IDLE ? wait_idle(s) : 0;
	r = r != 0 ? r : begin(s, c, &ends);
	if (r != 0 || ends) {
		spi_over(s, r);
	}
}

static bool slot_poll(struct mmc *m)
{
	struct spi_slot *s = slot_of(m);
	bool on = true;

	if (s->cmd != NULL && atomic_load_explicit(&s->removed, memory_order_relaxed)) {
		spi_over(s, -EIO);
	}
	for (unsigned i = 0; on && s->cmd != NULL && i < AT_ONCE; i++) {
		on = spi_data_step(s);
	}
	s->waits = !on;
	return s->cmd == NULL;
}

static bool slot_irq(struct mmc *m)
{
	struct spi_slot *s = slot_of(m);

	if (s->cmd != NULL && s->waits) {
		timer_start(&s->timer, time_after(LOOK_NS));
		return false;
	}
	return s->cmd != NULL;
}

static void look_again(struct timer *t)
{
	blkdev_kick(&container_of(t, struct spi_slot, timer)->mmc.disk);
}

static void slot_setup(struct mmc *m, uint32_t hz, bool wide, bool high_speed)
{
	struct spi_slot *s = slot_of(m);

	(void)wide;
	(void)high_speed;
	if (s->bus->ops->setup(s->bus, s->cs, MODE, MIN(hz, m->max_hz)) != 0) {
		log_error("mmc %s: its SPI host has no clock of %u Hz", m->node, hz);
		s->dead = true;
	}
}

static bool slot_present(struct mmc *m)
{
	const struct spi_slot *s = slot_of(m);

	return !s->dead && !atomic_load_explicit(&s->removed, memory_order_relaxed) &&
	       (s->detect.chip == NULL || gpio_active(&s->detect));
}

/* The contact of the slot moved. */
static void detected(void *arg)
{
	struct spi_slot *s = arg;

	if (!gpio_active(&s->detect) &&
	    !atomic_exchange_explicit(&s->removed, true, memory_order_relaxed)) {
		mmc_removed(&s->mmc);
	}
}

static void slot_stop(struct mmc *m)
{
	struct spi_slot *s = slot_of(m);

	s->dead = true;
	s->cmd = NULL;
	timer_cancel(&s->timer);
	release(s);
}

static const struct mmc_host_ops slot_ops = {
	.start = slot_start,
	.poll = slot_poll,
	.irq = slot_irq,
	.setup = slot_setup,
	.present = slot_present,
	.stop = slot_stop,
};

/* --- set-up ---------------------------------------------------------------------------------------------------- */

static bool has_card(struct spi_slot *s)
{
	struct mmc_cmd c = { .index = CMD_GO_IDLE };

	slot_setup(&s->mmc, MMC_HZ_IDENTIFY, false, false);
	return slot_present(&s->mmc) && mmc_do(&s->mmc, &c, IDLE_NS) == 0;
}

/* Without such a line, or a driver of it, a card is there if it answers. */
static void find_detect(struct spi_slot *s, const struct dt_node *n)
{
	if (gpio_find(n, dt_has(n, "cd-gpios") ? "cd-gpios" : "gpios", &s->detect) != 0) {
		s->detect.chip = NULL;
	}
}

static int slot_probe(struct device *dev, const struct dt_match *m)
{
	struct spi_host *bus = spi_host_of(dev->node);
	struct spi_slot *s;
	int r;

	(void)m;
	if (bus == NULL) {
		log_error("mmc %s: nobody drives its SPI host", dev->name);
		return -ENODEV;
	}
	s = kzalloc(sizeof(*s));
	if (s == NULL) {
		return -ENOMEM;
	}
	s->bus = bus;
	s->cs = dt_u32(dev->node, "reg", 0, 0);
	s->mmc.ops = &slot_ops;
	s->mmc.node = dev->name;
	s->mmc.max_hz = dt_u32(dev->node, "spi-max-frequency", 0, UINT32_MAX);
	timer_init(&s->timer, look_again);
	find_detect(s, dev->node);
	if (!has_card(s)) {
		log_info("mmc %s: no card", dev->name);
		slot_stop(&s->mmc);
		return 0;
	}
	r = mmc_attach(&s->mmc);
	if (r != 0) {
		slot_stop(&s->mmc);
		return r;
	}
	if (s->detect.chip != NULL && gpio_watch(&s->detect, detected, s) != 0) {
		log_warn("mmc %s: that its card is taken out is seen when it is asked", dev->name);
	}
	return 0;
}

static const struct dt_match slot_match[] = { { "mmc-spi-slot", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, spi_slot, slot_match, slot_probe);

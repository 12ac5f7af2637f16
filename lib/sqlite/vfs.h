/* SPDX-License-Identifier: MIT */
/* SQLite's files here: what vfs.c, raw.c and lock.c share. A database is a file of a file system, or a whole disk or
 * partition (its name begins with /dev/), which then holds the write-ahead log and the database, each in a part of its own. */
#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

#define SHM_LOCKS 8

struct file;

/* What the connections of one database share, whatever file system it is on. There is one program, so locks and the
 * WAL's index are in memory. */
struct shared {
	struct shared *next;
	dev_t dev;
	ino_t ino;
	unsigned users;
	unsigned readers; /* connections with SHARED or more */
	struct file *writer,
		*pending; /* who has RESERVED or more; who waits for the readers to end */
	void **regions;	  /* of the WAL's index */
	int n_regions;
	unsigned mapped;		   /* connections that have them */
	struct file *shm_owner[SHM_LOCKS]; /* exclusive */
	unsigned shm_readers[SHM_LOCKS];
	sqlite3_int64
		size; /* of a raw disk's database, which has none there; who may write keeps it */
};

struct file {
	sqlite3_file base; /* first: SQLite's */
	int fd;
	int error;	       /* errno of the last failure */
	int lock;	       /* SQLITE_LOCK_* that it has */
	struct shared *shared; /* NULL: journals and temporary files */
	unsigned shm_held;     /* bits: shared locks of the index */
	/* Of a raw disk: the part of it. room 0: a file of a file system. */
	sqlite3_int64 start, room;
	bool wal;
	bool mapped; /* has the WAL's index */
	char *new_in; /* the folder of a file that may be new, until that is on the disk too; or NULL */
};

extern const sqlite3_io_methods file_methods; /* file.c */

/* --- lock.c --------------------------------------------------------------------------------------- */

/* Join those who have the same file open. SQLITE_OK or SQLITE_NOMEM. */
int lock_join(struct file *f, dev_t dev, ino_t ino);
void lock_leave(struct file *f);
int lock_file(sqlite3_file *f, int level);
int unlock_file(sqlite3_file *f, int level);
int check_reserved(sqlite3_file *f, int *held);
int shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out);
int shm_lock(sqlite3_file *f, int offset, int n, int flags);
void shm_barrier(sqlite3_file *f);
int shm_unmap(sqlite3_file *f, int remove);

/* --- vfs.c ---------------------------------------------------------------------------------------- */

/* errno of the last failure of all; SQLite asks for it at once. */
extern int last_error;

/* What is in the folder is on the disk from then on. 0, or -1 and errno. */
int sync_folder(const char *dir);

/* --- raw.c ---------------------------------------------------------------------------------------- */

bool raw_is(const char *name);
/* Open the part of a disk that @name, "/dev/vda1" or "/dev/vda1-wal", means; SQLITE_CANTOPEN for any other. */
int raw_open(struct file *f, const char *name, int flags);
/* How much of its part is used, as its header says. */
sqlite3_int64 raw_size(struct file *f);
/* Is there a log (or a database) in it? */
int raw_exists(const char *name, int *out);
/* What it begins with is wiped: it is empty from then on. */
int raw_delete(const char *name);

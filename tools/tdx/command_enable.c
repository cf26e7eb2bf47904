// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl enable: have the TDX module initialised. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "follow.h"
#include "hint.h"
#include "options.h"
#include "show.h"
#include "sysfile.h"

static const char help[] =
	"usage: tdxctl enable [--wait] [--json]\n"
	"\n"
	"Have the TDX module initialised, as the first TD would, and do not wait for it.\n"
	"Where it is up or being initialised already nothing more is started.  For root.\n"
	"\n"
	"  --wait  wait until it is over, with a bar if this is a terminal; an\n"
	"          interrupt ends the wait, not the initialisation\n"
	"  --json  for programs; with --wait a line for each change\n"
	"  --help  this text\n"
	"\n"
	"Exit status: 0 asked for, with --wait: up; 1 failed, 2 not understood,\n"
	"3 with --wait: over, and not up; 5 no TDX here.\n";

static int ask(void)
{
	int fd = sysfile_fd(TDX_DIR "/enable", O_WRONLY);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "1\n", 2) != 2)
		ret = -errno;
	close(fd);

	return ret;
}

/* It was refused: the state says why, or the errno must do. */
static int refused(int error)
{
	struct state s;
	int ret;

	if (error == -EACCES || error == -EPERM) {
		fputs("tdxctl: only root may have TDX initialised\n", stderr);
		return STATUS_FAILED;
	}

	ret = state_read(&s);
	if (ret) {
		ret = state_complain(ret);
	} else if (state_failed(&s)) {
		show_error(&s);
		ret = state_exit(&s);
	} else {
		s.err = -error;
		fprintf(stderr, "tdxctl: TDX cannot be initialised: %s\n%s\n",
			strerror(s.err), hint_for(&s));
		ret = s.err == ENODEV ? STATUS_NO_TDX : STATUS_FAILED;
	}
	state_free(&s);

	return ret;
}

static int wait_for_end(bool json)
{
	struct state s;
	int ret = follow(show_choose(json), &s);

	if (ret) {
		ret = state_complain(ret);
	} else {
		if (s.status != STATE_INITIALIZED)
			show_error(&s);
		ret = state_exit(&s);
	}
	state_free(&s);

	return ret;
}

static int say_what_goes_on(bool json)
{
	struct state s;
	int ret = state_read(&s);

	if (ret) {
		ret = state_complain(ret);
	} else if (json) {
		show_status_json(&s, NULL);
	} else {
		show_status(&s);
		if (s.status == STATE_INITIALIZING)
			puts("'tdxctl progress --follow' shows how far it is.");
	}
	state_free(&s);

	return ret;
}

int command_enable(int argc, char **argv)
{
	bool json = false, wait = false, helped;
	const struct option_switch switches[] = {
		{ "json", &json },
		{ "wait", &wait },
		{}
	};
	int ret;

	ret = options_read(argc, argv, help, switches, &helped);
	if (ret || helped)
		return ret;

	ret = ask();
	if (ret)
		return refused(ret);

	return wait ? wait_for_end(json) : say_what_goes_on(json);
}

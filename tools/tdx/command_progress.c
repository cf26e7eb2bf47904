// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl progress: how far is the initialisation? */
#include "commands.h"
#include "follow.h"
#include "options.h"
#include "show.h"

static const char help[] =
	"usage: tdxctl progress [--follow] [--json]\n"
	"\n"
	"How far is the initialisation of the TDX module, in all and on each node?\n"
	"Nothing is started.\n"
	"\n"
	"  --follow  go on until it is over, with a bar if this is a terminal\n"
	"  --json    for programs; with --follow a line for each change\n"
	"  --help    this text\n"
	"\n"
	"Exit status: 0 up, 1 failed, 2 not understood, 3 nobody has asked for it,\n"
	"4 being initialised, 5 no TDX here.\n";

static int show_once(struct state *s, bool json)
{
	int ret = state_read(s);

	if (ret)
		return ret;
	if (json)
		show_status_json(s, NULL);
	else
		show_status(s);

	return 0;
}

int command_progress(int argc, char **argv)
{
	bool json = false, go_on = false, helped;
	const struct option_switch switches[] = {
		{ "json", &json },
		{ "follow", &go_on },
		{}
	};
	struct state s;
	int ret;

	ret = options_read(argc, argv, help, switches, &helped);
	if (ret || helped)
		return ret;

	ret = go_on ? follow(show_choose(json), &s) : show_once(&s, json);
	if (ret) {
		ret = state_complain(ret);
	} else {
		if (state_failed(&s))
			show_error(&s);
		ret = state_exit(&s);
	}
	state_free(&s);

	return ret;
}

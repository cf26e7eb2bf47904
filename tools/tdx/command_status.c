// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl status: is TDX up, and if not, why? */
#include "commands.h"
#include "options.h"
#include "show.h"

static const char help[] =
	"usage: tdxctl status [--json]\n"
	"\n"
	"Is TDX up on this host, and if not, why?  Nothing is started.  Only root is told\n"
	"why an initialisation failed that may be tried again.\n"
	"\n"
	"  --json  for programs\n"
	"  --help  this text\n"
	"\n"
	"Exit status: 0 up, 1 failed, 2 not understood, 3 nobody has asked for it,\n"
	"4 being initialised, 5 no TDX here.\n";

int command_status(int argc, char **argv)
{
	bool json = false, helped;
	const struct option_switch switches[] = { { "json", &json }, {} };
	struct state s;
	int ret;

	ret = options_read(argc, argv, help, switches, &helped);
	if (ret || helped)
		return ret;

	ret = state_read(&s);
	if (ret) {
		ret = state_complain(ret);
	} else {
		if (json)
			show_status_json(&s, NULL);
		else
			show_status(&s);
		if (state_failed(&s))
			show_error(&s);
		ret = state_exit(&s);
	}
	state_free(&s);

	return ret;
}

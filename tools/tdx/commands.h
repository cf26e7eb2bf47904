/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of tdxctl.  Each gets its own name as argv[0] and returns the
 * exit status of the program.
 */
#ifndef _TDXCTL_COMMANDS_H
#define _TDXCTL_COMMANDS_H

enum exit_status {
	STATUS_OK,
	STATUS_FAILED,	/* said why on standard error */
	STATUS_USAGE,	/* not understood */
	STATUS_NOT_UP,	/* nobody has asked for TDX yet */
	STATUS_BUSY,	/* TDX is being initialised */
	STATUS_NO_TDX,	/* this host has none, or its kernel does not show it */
};

int command_enable(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_progress(int argc, char **argv);
int command_status(int argc, char **argv);
int command_timeline(int argc, char **argv);

#endif /* _TDXCTL_COMMANDS_H */

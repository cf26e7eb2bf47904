// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl check: check each condition for TDX on this host, and say what to do. */
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "layout.h"
#include "tdxctl.h"

#define MSR_KEYID_PARTITIONING	0x87	/* 63:32: number of KeyIDs for TDX */
#define MSR_TME_ACTIVATE	0x982
#define TME_ENABLED		0x2
#define MSR_SEAMRR_MASK		0x1401
#define SEAMRR_ENABLED		0x800

/* Orders in /proc/buddyinfo: blocks of 4 MiB, and more than any kernel has */
#define ORDER_4M		10
#define NR_ORDERS		16

static const char *const verdict_words[] = {
	[CHECK_PASS] = "PASS", [CHECK_WARN] = "WARN",
	[CHECK_FAIL] = "FAIL", [CHECK_SKIP] = "SKIP",
};

/* The options of the kernel that matter here. */
static const char config_names[] =
	" KVM_INTEL INTEL_TDX_HOST KVM_INTEL_TDX LANEWORK TDX_EMULATOR ";

struct check {
	bool print;
	const char *name;		/* of the condition */
	struct json_object *results;
	bool failed;
	bool emulated;
	char vendor[32];
	char flags[8192];		/* of CPUs, with a blank at each end */
	char config[256];		/* options of the kernel, the same way; empty if hidden */
	struct description d;
	bool memory_found;
	bool planned;
	struct tdmr_layout layout;
};

/*
 * Tells the result of a condition: what was seen, or why the check cannot tell.  @advice: a
 * sentence that says what to do, for WARN and FAIL.
 */
void check_say(struct check *c, enum verdict v, const char *advice, const char *format, ...)
{
	struct json_object *result = json_object_new_object();
	char text[1024] = "cannot tell: ";
	size_t start = v == CHECK_SKIP ? strlen(text) : 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text + start, sizeof(text) - start, format, args);
	va_end(args);

	c->failed |= v == CHECK_FAIL;
	add_string(result, "condition", c->name);
	add_string(result, "verdict", verdict_words[v]);
	add_string(result, "text", text);
	add_string(result, "advice", advice);
	json_object_array_add(c->results, result);
	if (!c->print)
		return;

	/* This text is UTF-8. */
	printf("%s  %-14s  %s\n", verdict_words[v], c->name,
	       json_object_get_string(json_object_object_get(result, "text")));
	if (advice)
		printf("%-22s%s\n", "", advice);
}

static bool has(const char *words, const char *name)
{
	char word[80];

	snprintf(word, sizeof(word), " %s ", name);

	return strstr(words, word);
}

/* Lists the words of @needed that @words lacks, each with a blank and @prefix before it. */
static void find_lacking(char text[128], const char *words, const char *needed, const char *prefix)
{
	char list[128], *word, *rest;

	*text = '\0';
	snprintf(list, sizeof(list), "%s", needed);
	for (word = strtok_r(list, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (!has(words, word))
			snprintf(text + strlen(text), 128 - strlen(text), " %s%s", prefix, word);
	}
}

static void check_cpu(struct check *c)
{
	char lacks[128];

	find_lacking(lacks, c->flags, "vmx xsave movdir64b ss", "");
	if (c->emulated)
		check_warn(c, "Use emulated TDX for tests only: it protects nothing.",
			   "the TDX module is emulated");
	else if (strcmp(c->vendor, "GenuineIntel"))
		check_fail(c, "Use a host with an Intel CPU that has TDX.",
			   "the vendor is %s", c->vendor);
	else if (has(c->flags, "hypervisor") && !has(c->flags, "tdx_host_platform"))
		check_fail(c, "Run on the host itself.", "this is a virtual machine");
	else if (*lacks)
		check_fail(c, "Enable VMX in the BIOS, or use a CPU that has TDX.",
			   "the CPU lacks%s", lacks);
	else
		check_pass(c, "Intel, with the features that Linux needs");
}

/* Returns 0; EIO if the CPU has no such MSR, or another errno if it cannot be read. */
static int read_msr(u32 msr, u64 *value)
{
	int fd = open(file_path("/dev/cpu/0/msr"), O_RDONLY), ret = 0;
	ssize_t n;

	if (fd < 0)
		return errno;
	n = pread(fd, value, sizeof(*value), msr);
	if (n != sizeof(*value))
		ret = n < 0 ? errno : EIO;
	close(fd);

	return ret;
}

static const char more_keyids[] = "Give TDX more KeyIDs in the BIOS (TME-MT/TDX key split).";

/* The firmware has enabled TDX if all three MSRs say so. */
static void check_msrs(struct check *c)
{
	u64 tme = 0, keyids = 0, seamrr = 0;
	int err = read_msr(MSR_TME_ACTIVATE, &tme);
	bool off;

	read_msr(MSR_KEYID_PARTITIONING, &keyids);
	read_msr(MSR_SEAMRR_MASK, &seamrr);
	keyids >>= 32;
	if (!err || err == EIO)
		off = !(tme & TME_ENABLED);
	else
		off = *c->flags && !has(c->flags, "tme");

	if (off)
		check_fail(c, "Enable TME, TME-MT and TDX in the BIOS.",
			   "memory encryption (TME) is off, or the CPU lacks it");
	else if (err && log_find("TDX not supported by the host platform"))
		check_fail(c, "Enable TDX in the BIOS.", "the kernel found no TDX");
	else if (err == ENOENT)
		check_skip(c, "no /dev/cpu/0/msr ('modprobe msr')");
	else if (err)
		check_skip(c, "/dev/cpu/0/msr: %s", strerror(err));
	else if (keyids < 2)
		check_fail(c, more_keyids, "TDX has %llu KeyIDs, and needs 2", keyids);
	else if (!(seamrr & SEAMRR_ENABLED))
		check_fail(c, "Enable TDX and the SEAM loader in the BIOS.",
			   "the memory range of the TDX module (SEAMRR) is off");
	else
		check_pass(c, "TDX is enabled, with %llu KeyIDs", keyids);
}

static void check_bios(struct check *c)
{
	const char *found = log_find("BIOS enabled: ");

	if (log_find("too few private KeyIDs"))
		check_fail(c, more_keyids, "TDX has too few KeyIDs");
	else if (found)
		check_pass(c, "TDX is enabled: %s", found + strlen("BIOS enabled: "));
	else if (has(c->flags, "tdx_host_platform"))
		check_pass(c, "TDX is enabled: the CPU flag tdx_host_platform");
	else
		check_msrs(c);
}

static void check_kernel(struct check *c)
{
	char release[128];

	file_line(file_path("/proc/sys/kernel/osrelease"), release, sizeof(release));
	if (!access(file_path("/sys/kernel/tdx"), F_OK) || has(c->config, "LANEWORK"))
		check_pass(c, "%s, with TDX on demand", release);
	else if (*c->config || has(c->flags, "tdx_host_platform"))
		check_fail(c, "Install a kernel with TDX on demand.",
			   "%s, without TDX on demand", release);
	else
		check_skip(c, "no /sys/kernel/tdx, no configuration");
}

static void check_options(struct check *c)
{
	char lacks[128];

	find_lacking(lacks, c->config, "KVM_INTEL INTEL_TDX_HOST KVM_INTEL_TDX", "CONFIG_");
	if (!*c->config)
		check_skip(c, "no configuration in /boot, /lib/modules, /proc/config.gz");
	else if (*lacks)
		check_fail(c, "Install a kernel with these options.", "off:%s", lacks);
	else if (has(c->config, "TDX_EMULATOR") && !c->emulated)
		check_warn(c, "Install a kernel without this option.",
			   "CONFIG_TDX_EMULATOR is on");
	else
		check_pass(c, "the kernel and KVM support TDX");
}

static void check_command_line(struct check *c)
{
	char mode[32];

	boot_option("tdx_host", mode, sizeof(mode));
	if (!strcmp(mode, "off"))
		check_fail(c, "Boot without tdx_host=off to use TDX.",
			   "tdx_host=off switches TDX off");
	else if (*mode && !has(" ondemand async sync ", mode))
		check_warn(c, "Use tdx_host=ondemand, sync, async or off.",
			   "the kernel ignores tdx_host=%s", mode);
	else
		check_pass(c, "tdx_host=%s", *mode ? mode : "ondemand (default)");
}

/* Without hibernation, the kernel shows "[disabled]", or has no such file. */
static void check_hibernation(struct check *c)
{
	char line[128];
	bool found = file_line(file_path("/sys/power/disk"), line, sizeof(line));

	if (log_find("Hibernation support is enabled") ||
	    (found && strcmp(line, "[disabled]")))
		check_fail(c, "Boot with nohibernate.",
			   "the kernel supports hibernation, so it rejects TDX");
	else
		check_pass(c, "disabled");
}

static void check_kvm(struct check *c)
{
	const char *path = file_path("/sys/module/kvm_intel/parameters/tdx");
	char line[8], option[8];
	bool found = file_line(path, line, sizeof(line));

	if (*line == 'Y')
		check_pass(c, "kvm_intel offers TDX");
	else if (access(file_path("/sys/module/kvm_intel"), F_OK))
		check_warn(c, "Run 'modprobe kvm_intel tdx=1'.", "kvm_intel is not loaded");
	else if (!found)
		check_fail(c, "Install a kernel with CONFIG_KVM_INTEL_TDX.",
			   "kvm_intel lacks the parameter tdx");
	else if (boot_option("kvm_intel.tdx", option, sizeof(option)) && strchr("0nN", *option))
		check_fail(c, "Boot with kvm_intel.tdx=1.",
			   "kvm_intel.tdx=%s on the command line: KVM offers no TDX", option);
	else
		check_fail(c, "Load kvm_intel with tdx=1, and see the other conditions.",
			   "KVM offers no TDX");
}

static unsigned int most_reserved(const struct check *c)
{
	unsigned int i, nr, most = 0;

	for (i = 0; i < c->layout.nr_tdmrs; i++) {
		struct tdmr_area area = {};

		for (nr = 0; tdmr_next_area(&c->layout, &c->layout.tdmrs[i], &area); nr++)
			;
		most = max(most, nr);
	}

	return most;
}

static void check_map(struct check *c)
{
	char words[256];

	if (!c->memory_found) {
		check_skip(c, "%s", c->d.error);
	} else if (!c->planned) {
		layout_trouble(&c->layout, &c->d.host, words, sizeof(words));
		check_fail(c, "Change the memory map, and see 'tdxctl plan'.",
			   "no layout: %s", words);
	} else if (c->d.added) {
		check_warn(c, "Remove this memory, or boot with tdx_host=async.",
			   "a driver added %.1f GiB after boot, which TDX may be unable to use",
			   (double)c->d.added / SZ_1G);
	} else if (c->d.memory_from == MEMORY_FROM_BLOCKS) {
		check_skip(c, "only root can see holes in memory");
	} else {
		check_pass(c, "%u TDMRs, with at most %u of %u reserved areas",
			   c->layout.nr_tdmrs, most_reserved(c), c->d.host.limits.max_reserved);
	}
}

/* Sums free memory of a node, and that in blocks of 4 MiB.  No PAMT is in ZONE_MOVABLE. */
static void find_free(int node, u64 *all, u64 *whole)
{
	FILE *file = fopen(file_path("/proc/buddyinfo"), "r");
	char line[512], zone[16], *next;
	int other, n, order;
	u64 bytes;

	*all = *whole = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %15s%n", &other, zone, &n) != 2 ||
		    other != node || !strcmp(zone, "Movable"))
			continue;
		for (next = line + n, order = 0; order < NR_ORDERS; order++) {
			bytes = strtoull(next, &next, 10) * SZ_4K << order;
			*all += bytes;
			*whole += order >= ORDER_4M ? bytes : 0;
		}
	}
	if (file)
		fclose(file);
}

static void check_memory(struct check *c)
{
	u64 need[DESCRIPTION_MAX_NODES] = {}, total = 0, all, whole;
	char status[16];
	bool moves = false;
	unsigned int i;
	int node;

	if (!c->planned) {
		check_skip(c, "no layout");
		return;
	}

	file_line(file_path("/sys/kernel/tdx/status"), status, sizeof(status));
	for (i = 0; i < c->layout.nr_tdmrs; i++)
		need[c->layout.tdmrs[i].node] += tdmr_pamt_bytes(&c->layout.tdmrs[i]);
	for (node = 0; node < DESCRIPTION_MAX_NODES; node++) {
		total += need[node];
		if (!need[node] || !strcmp(status, "initialized"))
			continue;
		find_free(node, &all, &whole);
		moves |= whole < need[node];
		if (all < need[node]) {
			check_warn(c, "Free memory, or boot with tdx_host=async.",
				   "node %d needs %llu MiB for PAMTs, and %llu MiB are free", node,
				   need[node] / SZ_1M, all / SZ_1M);
			return;
		}
	}
	check_pass(c, "%llu MiB for PAMTs%s", total / SZ_1M,
		   !strcmp(status, "initialized") ? " are allocated" :
		   moves ? ", but Linux has to move other users of that memory" : " are free");
}

/* sysfs does not tell the package of a CPU that is offline. */
static void check_cpus(struct check *c)
{
	char present[1024], online[1024];

	file_line(file_path("/sys/devices/system/cpu/present"), present, sizeof(present));
	file_line(file_path("/sys/devices/system/cpu/online"), online, sizeof(online));
	if (!strcmp(present, online))
		check_pass(c, "all are online: %s", online);
	else
		check_warn(c, "Each package needs an online CPU, and a module update needs all CPUs.",
			   "only %s of %s are online", online, present);
}

static void check_module(struct check *c)
{
	char version[32];

	file_line(file_path("/sys/kernel/tdx/module_version"), version, sizeof(version));
	if (*version)
		check_pass(c, "version %s", version);
	else
		check_skip(c, "Linux knows the module only after a request");
}

static const struct condition {
	const char *name;
	void (*check)(struct check *c);
	const char *path;	/* the file that shows it, or NULL if there are several */
} conditions[] = {
	{ "CPU", check_cpu, "/proc/cpuinfo" },
	{ "BIOS", check_bios, NULL },
	{ "kernel", check_kernel, NULL },
	{ "kernel options", check_options, NULL },
	{ "command line", check_command_line, "/proc/cmdline" },
	{ "hibernation", check_hibernation, "/sys/power" },
	{ "KVM", check_kvm, "/sys/module" },
	{ "memory map", check_map, NULL },
	{ "free memory", check_memory, "/proc/buddyinfo" },
	{ "online CPUs", check_cpus, "/sys/devices/system/cpu/online" },
	{ "TDX module", check_module, NULL },
	{ "state", state_check, "/sys/kernel/tdx/status" },
};

/* "gzip -f" copies a file that is not compressed. */
static void read_config(struct check *c)
{
	static const char command[] =
		"exec 2>/dev/null\n"
		"cd \"$TDXCTL_ROOT/\" || exit\n"
		"r=$(cat proc/sys/kernel/osrelease)\n"
		"exec gzip -dcf boot/config-\"$r\" lib/modules/\"$r\"/config proc/config.gz\n";
	char line[512], name[64], value;
	FILE *pipe = popen(command, "r");

	while (pipe && fgets(line, sizeof(line), pipe)) {
		*c->config = ' ';
		if (sscanf(line, "CONFIG_%63[A-Z0-9_]=%c", name, &value) == 2 &&
		    has(config_names, name) && !has(c->config, name))
			strcat(strcat(c->config, name), " ");
	}
	if (pipe)
		pclose(pipe);
}

/*
 * Checks all conditions, and adds them to @object in the format of "tdxctl check --json".
 * @print: also print them.  Returns true if one fails.
 */
bool check_run(struct json_object *object, bool print)
{
	static struct check c;
	size_t i;

	memset(&c, 0, sizeof(c));
	c.print = print;
	c.results = json_object_new_array();
	c.emulated = log_emulated();
	file_find(file_path("/proc/cpuinfo"), "vendor_id\t: ", c.vendor, sizeof(c.vendor));
	if (file_find(file_path("/proc/cpuinfo"), "flags\t\t:", c.flags, sizeof(c.flags) - 1))
		strcat(c.flags, " ");
	read_config(&c);
	description_init(&c.d);
	c.memory_found = !host_describe(&c.d);
	c.planned = c.memory_found && !layout_make(&c.layout, &c.d.host);

	for (i = 0; i < ARRAY_SIZE(conditions); i++) {
		const char *path = conditions[i].path;

		c.name = conditions[i].name;
		if (path && access(file_path("%s", path), F_OK))
			check_skip(&c, "%s: %s", path, strerror(errno));
		else
			conditions[i].check(&c);
	}
	description_free(&c.d);
	json_object_object_add(object, "conditions", c.results);

	return c.failed;
}

/* tdxctl check */
int command_check(const struct options *o)
{
	struct json_object *object = new_json();
	bool failed = check_run(object, !o->json);

	json_object_object_add(object, "failed", json_object_new_boolean(failed));
	if (o->json)
		print_json(object, JSON_C_TO_STRING_PRETTY);

	return failed ? STATUS_NOT_READY : STATUS_OK;
}

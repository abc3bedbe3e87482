import {posix} from 'node:path'
import type {InstallOptions} from './install-options.ts'

/** The module's name must be the name of its file. */
export const SELINUX_MODULE = 'authproxy'

export const SELINUX_CONTEXT = 'system_u:system_r:authproxy_t:s0'

/**
 * A domain for the service. Type enforcement: it listens on RADIUS ports, speaks to directories, RADIUS servers and
 * HTTPS, writes its own logs and state, and compiles (V8) - nothing else.
 */
export function selinuxModule(): string {
  return `# Written by "authproxy install-service" and written anew by it.
module ${SELINUX_MODULE} 1.0;

require {
	type bin_t, lib_t, usr_t, etc_t, cert_t, net_conf_t, passwd_file_t, shell_exec_t, ld_so_cache_t, locale_t;
	type init_t, init_var_run_t, syslogd_t, devlog_t, proc_t, sysctl_net_t, urandom_device_t, null_device_t;
	type node_t, radius_port_t, http_port_t, ldap_port_t, dns_port_t, syslogd_port_t, unreserved_port_t;
	role system_r;
	attribute domain, file_type, non_security_file_type, logfile, pidfile;
	class process { transition execmem getsched setsched signal signull sigkill sigchld setrlimit };
	class file { create open read write append getattr setattr map execute execute_no_trans entrypoint lock rename unlink link ioctl };
	class dir { create open read write getattr setattr search add_name remove_name rmdir };
	class lnk_file { read getattr };
	class chr_file { open read write getattr ioctl };
	class fifo_file { read write getattr ioctl };
	class sock_file { create write getattr setattr unlink };
	class unix_dgram_socket { create connect sendto write getopt setopt };
	class unix_stream_socket { create connect connectto bind listen accept read write getattr getopt setopt shutdown };
	class udp_socket { create bind connect read write getattr getopt setopt name_bind node_bind };
	class tcp_socket { create bind connect listen accept read write getattr getopt setopt shutdown name_bind name_connect node_bind };
	class netlink_route_socket { create bind read write getattr nlmsg_read };
}

type authproxy_t, domain;
type authproxy_conf_t, file_type, non_security_file_type;
type authproxy_log_t, file_type, non_security_file_type, logfile;
type authproxy_var_t, file_type, non_security_file_type, pidfile;
role system_r types authproxy_t;

# Started by systemd with SELinuxContext=; the Node that runs it may be any program of the system.
allow init_t authproxy_t:process transition;
allow authproxy_t { bin_t usr_t }:file { entrypoint open read getattr map execute execute_no_trans };
allow authproxy_t { bin_t lib_t usr_t etc_t cert_t locale_t }:dir { open read getattr search };
allow authproxy_t { lib_t usr_t etc_t cert_t net_conf_t passwd_file_t ld_so_cache_t locale_t }:file { open read getattr map };
allow authproxy_t { lib_t shell_exec_t }:file { open read getattr map execute execute_no_trans };
allow authproxy_t { bin_t lib_t usr_t etc_t cert_t }:lnk_file { read getattr };

# V8 compiles to memory that it then executes.
allow authproxy_t self:process { execmem getsched setsched signal signull sigkill sigchld setrlimit };
allow authproxy_t self:fifo_file { read write getattr ioctl };
allow authproxy_t proc_t:file { open read getattr };
allow authproxy_t sysctl_net_t:dir search;
allow authproxy_t sysctl_net_t:file { open read getattr };
allow authproxy_t { urandom_device_t null_device_t }:chr_file { open read write getattr ioctl };

# Its own files: the configuration is only read.
allow authproxy_t authproxy_conf_t:dir { open read getattr search };
allow authproxy_t authproxy_conf_t:file { open read getattr map };
allow authproxy_t { authproxy_log_t authproxy_var_t }:dir { create open read write getattr setattr search add_name remove_name };
allow authproxy_t { authproxy_log_t authproxy_var_t }:file { create open read write append getattr setattr lock rename unlink };
allow authproxy_t authproxy_var_t:sock_file { create write getattr setattr unlink };
allow authproxy_t self:unix_stream_socket { create connect connectto bind listen accept read write getattr getopt setopt shutdown };

# systemd's notifications and syslog.
allow authproxy_t self:unix_dgram_socket { create connect write getopt setopt };
allow authproxy_t init_t:unix_dgram_socket sendto;
allow authproxy_t init_var_run_t:sock_file { write getattr };
allow authproxy_t devlog_t:sock_file { write getattr };
allow authproxy_t syslogd_t:unix_dgram_socket sendto;
allow authproxy_t init_t:unix_stream_socket { read write getattr getopt };

# The network.
allow authproxy_t self:udp_socket { create bind connect read write getattr getopt setopt };
allow authproxy_t self:tcp_socket { create bind connect listen accept read write getattr getopt setopt shutdown };
allow authproxy_t self:netlink_route_socket { create bind read write getattr nlmsg_read };
allow authproxy_t node_t:{ udp_socket tcp_socket } node_bind;
allow authproxy_t { radius_port_t unreserved_port_t }:udp_socket name_bind;
allow authproxy_t unreserved_port_t:tcp_socket name_bind;
allow authproxy_t { http_port_t ldap_port_t dns_port_t syslogd_port_t unreserved_port_t }:tcp_socket name_connect;
`
}

/** Which folder of the installation has which type. */
export function selinuxFileContexts({layout, needs}: InstallOptions): string {
  const entries: readonly (readonly [path: string, type: string])[] = [
    [posix.dirname(layout.configFile), 'authproxy_conf_t'],
    [needs.logDirectory, 'authproxy_log_t'],
    [layout.runDirectory, 'authproxy_var_t'],
    [needs.stateDirectory, 'authproxy_var_t'],
  ]
  return entries
    .map(([path, type]) => `${path.replace(/[.^$*+?()[\]{}|\\]/g, '\\$&')}(/.*)?\tsystem_u:object_r:${type}:s0\n`)
    .join('')
}

/**
 * How a Jupyter server of a test reaches its kernels. By TCP it gives them ports that any connection of this machine may
 * take first, and does not try others (seen: its kernel never answers). Elsewhere than on Linux the paths of temporary folders
 * are too long for sockets with a name.
 */
export const kernelTransport = process.platform === 'linux' ? 'ipc' : 'tcp';

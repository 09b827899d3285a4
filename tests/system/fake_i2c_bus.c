/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_i2c_bus - preloaded into vatiod: an MB85RC256V at 0x50 behind an ordinary file that the board names as its I2C bus, so
 * that the chip outlives the process that is killed. The file holds a struct fake_fram; it does what the file named by
 * FAKE_I2C_BUS says, a letter:
 *
 *   o  all is well
 *   g  the chip is gone
 */
#include "tests/emulated/fake_fram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char fault(void)
{
    char letter = 'o';
    const char *path = getenv("FAKE_I2C_BUS");
    const int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && read(fd, &letter, 1) != 1)
        letter = 'o';
    if (fd >= 0)
        close(fd);
    return letter;
}

static int transfer(int fd, const struct i2c_rdwr_ioctl_data *messages)
{
    struct fake_fram *fram = mmap(NULL, sizeof *fram, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fram == MAP_FAILED)
        return -1;
    fram->address = 0x50;
    fram->unplugged = fault() == 'g';
    const int result = fake_fram_transfer(fram, messages->msgs, messages->nmsgs);
    munmap(fram, sizeof *fram);
    errno = result < 0 ? -result : 0;
    return result < 0 ? -1 : result;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return request == I2C_RDWR ? transfer(fd, argument) : (int)syscall(SYS_ioctl, fd, request, argument);
}

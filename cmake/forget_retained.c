/* forget_retained FROM TO: copies a static library of 64-bit ELF objects, and takes the mark SHF_GNU_RETAIN from their
 * sections.
 *
 * Swift's standard library is compiled so that the linker keeps each of its public functions, whether anybody calls it
 * or not. Without the mark, it keeps what is reached. Sections whose names begin with "swift5_" stay marked: they are
 * the records that the runtime finds types and conformances by, of which the linker sees no reference. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SHF_GNU_RETAIN
#define SHF_GNU_RETAIN (1 << 21)
#endif

enum { archive_header = 8, member_header = 60, size_at = 48, size_digits = 10 };

static unsigned char *read_all(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  unsigned char *bytes = NULL;
  size_t room = 0;
  *size = 0;
  if (!file) return NULL;
  for (;;) {
    if (*size == room) {
      unsigned char *more = realloc(bytes, room = room ? room * 2 : 1 << 20);
      if (!more) break;
      bytes = more;
    }
    size_t count = fread(bytes + *size, 1, room - *size, file);
    if (count == 0) break;
    *size += count;
  }
  int failed = ferror(file) || !feof(file);
  fclose(file);
  if (failed) free(bytes);
  return failed ? NULL : bytes;
}

static const char *name_at(const unsigned char *object, size_t size, const Elf64_Shdr *names, size_t offset) {
  if (names->sh_offset > size || names->sh_size > size - names->sh_offset || offset >= names->sh_size) return NULL;
  const char *name = (const char *)object + names->sh_offset + offset;
  return memchr(name, 0, names->sh_size - offset) ? name : NULL;
}

/* Returns 0 for an object that is not as it should be. */
static int forget_in(unsigned char *object, size_t size) {
  Elf64_Ehdr head;
  Elf64_Shdr first, names;
  if (size < sizeof head) return 0;
  memcpy(&head, object, sizeof head);
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_shentsize != sizeof first) return 0;
  if (head.e_shoff > size || sizeof first > size - head.e_shoff) return 0;
  memcpy(&first, object + head.e_shoff, sizeof first);
  /* What does not fit the header stands in the first section. */
  size_t count = head.e_shnum ? head.e_shnum : first.sh_size;
  size_t names_index = head.e_shstrndx == SHN_XINDEX ? first.sh_link : head.e_shstrndx;
  if (count > (size - head.e_shoff) / sizeof first || names_index >= count) return 0;
  memcpy(&names, object + head.e_shoff + names_index * sizeof names, sizeof names);
  for (size_t i = 0; i < count; i++) {
    Elf64_Shdr section;
    unsigned char *place = object + head.e_shoff + i * sizeof section;
    memcpy(&section, place, sizeof section);
    const char *name = name_at(object, size, &names, section.sh_name);
    if (!name) return 0;
    if (strncmp(name, "swift5_", 7) == 0) continue;
    section.sh_flags &= ~(Elf64_Xword)SHF_GNU_RETAIN;
    memcpy(place, &section, sizeof section);
  }
  return 1;
}

static int forget(unsigned char *archive, size_t size) {
  if (size < archive_header || memcmp(archive, "!<arch>\n", archive_header) != 0) return 0;
  for (size_t at = archive_header; at + member_header <= size;) {
    char digits[size_digits + 1] = {0};
    memcpy(digits, archive + at + size_at, size_digits);
    size_t length = strtoul(digits, NULL, 10);
    at += member_header;
    if (length > size - at) return 0;
    if (length >= SELFMAG && memcmp(archive + at, ELFMAG, SELFMAG) == 0 && !forget_in(archive + at, length)) return 0;
    at += length + (length & 1);
  }
  return 1;
}

int main(int argc, char **argv) {
  size_t size;
  if (argc != 3) return fprintf(stderr, "usage: forget_retained FROM TO\n"), 2;
  unsigned char *archive = read_all(argv[1], &size);
  if (!archive) return fprintf(stderr, "%s cannot be read\n", argv[1]), 1;
  if (!forget(archive, size)) return fprintf(stderr, "%s is no static library of 64-bit objects\n", argv[1]), 1;
  FILE *file = fopen(argv[2], "wb");
  int written = file && fwrite(archive, 1, size, file) == size;
  if (file && fclose(file) != 0) written = 0;
  free(archive);
  if (!written) return fprintf(stderr, "%s cannot be written\n", argv[2]), 1;
  return 0;
}

/**
 * True when two names mean one person: upper and lower case, full-width forms, Latin accents, spaces, punctuation and
 * invisible characters do not count. Where two people must agree, one under two spellings is not enough.
 */
export function samePerson(one: string, other: string): boolean {
  return personKey(one) === personKey(other);
}

/** What all spellings of one name have in common; empty where the name says nothing. */
export function personKey(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]|\p{Default_Ignorable_Code_Point}/gu, '');
}

import iconv from 'iconv-lite'

/** Codecs by the names Python gives them, since that is what `pw_codec` of an existing authproxy.cfg holds. */

/** Whether `name` is a text codec known here, by any of its Python names: `latin-1`, `ISO8859_1` and `l1` are one. */
export function isCodec(name: string): boolean {
  return codecs.has(key(name))
}

/** Both ways are strict. Each gives undefined where the codec has nothing to say. */
export type TextCodec = {
  /** Octets that the codec does not define give no text, never a replacement character. */
  readonly decode: (octets: Buffer) => string | undefined
  /** A character that the codec lacks gives no octets, never a question mark. */
  readonly encode: (text: string) => Buffer | undefined
}

/** The codec of that name; one that is unknown has nothing to say to anything. */
export function textCodec(name: string): TextCodec {
  return codecs.get(key(name)) ?? silent
}

const silent: TextCodec = {decode: () => undefined, encode: () => undefined}

/** Python takes any case, and hyphens, spaces and underscores alike. */
function key(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** A lone surrogate is no character: every encoder of Python refuses it. */
function wellFormed(encode: (text: string) => Buffer | undefined): (text: string) => Buffer | undefined {
  return (text) => (text.isWellFormed() ? encode(text) : undefined)
}

function strict(label: string): (octets: Buffer) => string | undefined {
  const decoder = new TextDecoder(label, {fatal: true, ignoreBOM: true})
  return (octets) => {
    try {
      return decoder.decode(octets)
    } catch {
      return undefined
    }
  }
}

const utf8: TextCodec = {decode: strict('utf-8'), encode: wellFormed((text) => Buffer.from(text, 'utf8'))}
const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf])

const utf8WithMark: TextCodec = {
  decode: (octets) => utf8.decode(octets.subarray(0, 3).equals(utf8Mark) ? octets.subarray(3) : octets),
  encode: wellFormed((text) => Buffer.concat([utf8Mark, Buffer.from(text, 'utf8')])),
}

/** Buffer's `ascii` drops the high bit and its `latin1` the high octet, so the range is checked first. */
function upTo(limit: number): TextCodec {
  return {
    decode: (octets) => (octets.every((octet) => octet <= limit) ? octets.toString('latin1') : undefined),
    encode: (text) => {
      for (const character of text) if ((character.codePointAt(0) ?? 0) > limit) return undefined
      return Buffer.from(text, 'latin1')
    },
  }
}

const utf16Little: TextCodec = {decode: strict('utf-16le'), encode: wellFormed((text) => Buffer.from(text, 'utf16le'))}
const utf16Big: TextCodec = {
  decode: strict('utf-16be'),
  encode: wellFormed((text) => Buffer.from(text, 'utf16le').swap16()),
}

/** Without a byte order mark the machine's order is taken, which is little on all we run on; encoding writes the mark. */
function marked(little: TextCodec, big: TextCodec, size: 2 | 4): TextCodec {
  const littleMark = little.encode('\ufeff') ?? Buffer.alloc(0)
  const bigMark = big.encode('\ufeff') ?? Buffer.alloc(0)
  return {
    decode: (octets) => {
      const start = octets.subarray(0, size)
      if (start.equals(littleMark)) return little.decode(octets.subarray(size))
      return start.equals(bigMark) ? big.decode(octets.subarray(size)) : little.decode(octets)
    },
    encode: (text) => little.encode(`\ufeff${text}`),
  }
}

function utf32(order: 'LE' | 'BE'): TextCodec {
  return {
    decode: (octets) => {
      if (octets.length % 4 !== 0) return undefined
      let text = ''
      for (let i = 0; i < octets.length; i += 4) {
        const point = order === 'LE' ? octets.readUInt32LE(i) : octets.readUInt32BE(i)
        if (point > 0x10_ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
        text += String.fromCodePoint(point)
      }
      return text
    },
    encode: wellFormed((text) => {
      const points = Array.from(text, (character) => character.codePointAt(0) ?? 0)
      const octets = Buffer.alloc(points.length * 4)
      points.forEach((point, i) => {
        if (order === 'LE') octets.writeUInt32LE(point, i * 4)
        else octets.writeUInt32BE(point, i * 4)
      })
      return octets
    }),
  }
}

/** The library replaces what it cannot map; a replaced character shows in the text, or in the way back. */
function legacy(label: string): TextCodec {
  return {
    decode: (octets) => {
      const text = iconv.decode(octets, label, {stripBOM: false})
      return text.includes('\ufffd') && !iconv.encode(text, label).equals(octets) ? undefined : text
    },
    encode: wellFormed((text) => {
      const octets = iconv.encode(text, label, {addBOM: false})
      return iconv.decode(octets, label, {stripBOM: false}) === text ? octets : undefined
    }),
  }
}

const utf32Little = utf32('LE')
const utf32Big = utf32('BE')

const unicode: readonly (readonly [TextCodec, string])[] = [
  [utf8, 'utf8 u8 utf utf8ucs2 utf8ucs4 cp65001'],
  [utf8WithMark, 'utf8sig'],
  [upTo(0x7f), 'ascii usascii us 646 ansix341968 ansix341986 cp367 csascii ibm367 iso646us iso646irv1991 isoir6'],
  [upTo(0xff), 'latin1 latin l1 8859 88591 iso8859 iso88591 iso885911987 cp819 csisolatin1 ibm819 isoir100'],
  [marked(utf16Little, utf16Big, 2), 'utf16 u16'],
  [utf16Little, 'utf16le unicodelittleunmarked'],
  [utf16Big, 'utf16be unicodebigunmarked'],
  [marked(utf32Little, utf32Big, 4), 'utf32 u32'],
  [utf32Little, 'utf32le'],
  [utf32Big, 'utf32be'],
]

/** Name for the library, then the names Python knows it by. */
const legacyNames: readonly (readonly [string, string])[] = [
  ['big5', 'big5 big5tw csbig5'],
  ['big5hkscs', 'big5hkscs hkscs'],
  ['cp437', 'cp437 437 cspc8codepage437 ibm437'],
  ['cp720', 'cp720'],
  ['cp737', 'cp737'],
  ['cp775', 'cp775 775 cspc775baltic ibm775'],
  ['cp850', 'cp850 850 cspc850multilingual ibm850'],
  ['cp852', 'cp852 852 cspcp852 ibm852'],
  ['cp855', 'cp855 855 csibm855 ibm855'],
  ['cp856', 'cp856'],
  ['cp857', 'cp857 857 csibm857 ibm857'],
  ['cp858', 'cp858 858 csibm858 ibm858'],
  ['cp860', 'cp860 860 csibm860 ibm860'],
  ['cp861', 'cp861 861 cpis csibm861 ibm861'],
  ['cp862', 'cp862 862 cspc862latinhebrew ibm862'],
  ['cp863', 'cp863 863 csibm863 ibm863'],
  ['cp864', 'cp864 864 csibm864 ibm864'],
  ['cp865', 'cp865 865 csibm865 ibm865'],
  ['cp866', 'cp866 866 csibm866 ibm866'],
  ['cp869', 'cp869 869 cpgr csibm869 ibm869'],
  ['cp874', 'cp874'],
  ['cp932', 'cp932 932 ms932 mskanji'],
  ['cp949', 'cp949 949 ms949 uhc'],
  ['cp950', 'cp950 950 ms950'],
  ['cp1125', 'cp1125 1125 ibm1125 cp866u ruscii'],
  ['cp1250', 'cp1250 1250 windows1250'],
  ['cp1251', 'cp1251 1251 windows1251'],
  ['cp1252', 'cp1252 1252 windows1252'],
  ['cp1253', 'cp1253 1253 windows1253'],
  ['cp1254', 'cp1254 1254 windows1254'],
  ['cp1255', 'cp1255 1255 windows1255'],
  ['cp1256', 'cp1256 1256 windows1256'],
  ['cp1257', 'cp1257 1257 windows1257'],
  ['cp1258', 'cp1258 1258 windows1258'],
  ['eucjp', 'eucjp ujis'],
  ['euckr', 'euckr korean ksc5601 ksc56011987 ksx1001'],
  ['gb18030', 'gb18030 gb180302000'],
  ['gb2312', 'gb2312 chinese csiso58gb231280 euccn eucgb2312cn gb23121980 gb231280 isoir58'],
  ['gbk', 'gbk 936 cp936 ms936'],
  ['hproman8', 'hproman8 roman8 r8 cshproman8 cp1051 ibm1051'],
  ['iso88592', 'iso88592 csisolatin2 iso885921987 isoir101 l2 latin2'],
  ['iso88593', 'iso88593 csisolatin3 iso885931988 isoir109 l3 latin3'],
  ['iso88594', 'iso88594 csisolatin4 iso885941988 isoir110 l4 latin4'],
  ['iso88595', 'iso88595 csisolatincyrillic cyrillic iso885951988 isoir144'],
  ['iso88596', 'iso88596 arabic asmo708 csisolatinarabic ecma114 iso885961987 isoir127'],
  ['iso88597', 'iso88597 csisolatingreek ecma118 elot928 greek greek8 iso885971987 isoir126'],
  ['iso88598', 'iso88598 csisolatinhebrew hebrew iso885981988 isoir138'],
  ['iso88599', 'iso88599 csisolatin5 iso885991989 isoir148 l5 latin5'],
  ['iso885910', 'iso885910 csisolatin6 iso8859101992 isoir157 l6 latin6'],
  ['iso885911', 'iso885911 thai iso8859112001'],
  ['iso885913', 'iso885913 l7 latin7'],
  ['iso885914', 'iso885914 iso8859141998 isoceltic isoir199 l8 latin8'],
  ['iso885915', 'iso885915 l9 latin9'],
  ['iso885916', 'iso885916 iso8859162001 isoir226 l10 latin10'],
  ['koi8r', 'koi8r cskoi8r'],
  ['koi8t', 'koi8t'],
  ['koi8u', 'koi8u'],
  ['maccyrillic', 'maccyrillic'],
  ['macgreek', 'macgreek'],
  ['maciceland', 'maciceland'],
  ['maccenteuro', 'maclatin2 maccentraleurope maccenteuro'],
  ['macroman', 'macroman macintosh'],
  ['macturkish', 'macturkish'],
  ['pt154', 'ptcp154 csptcp154 pt154 cp154 cyrillicasian'],
  ['rk1048', 'kz1048 rk1048 strk10482002'],
  ['shiftjis', 'shiftjis csshiftjis sjis'],
  ['tis620', 'tis620 tis6200 tis62025290 tis62025291 isoir166'],
]

const codecs: ReadonlyMap<string, TextCodec> = new Map([
  ...unicode.flatMap(([codec, names]) => names.split(' ').map((name) => [name, codec] as const)),
  ...legacyNames.flatMap(([label, names]) => {
    const codec = legacy(label)
    return names.split(' ').map((name) => [name, codec] as const)
  }),
])

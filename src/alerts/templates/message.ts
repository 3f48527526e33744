import type { OutboundEvent } from '../../model/alarm.ts';
import type { Receiver } from '../../model/routing.ts';
import type { Language } from '../../model/text.ts';
import { compileTemplate, type Escape, type Template } from '../template.ts';
import { BUILT_IN } from './built-in.ts';
import { type View, viewOf, type Wording } from './view.ts';

/** Title and text of an event as a receiver reads them. */
export interface Said {
  readonly title: string;
  readonly text: string;
  /** What a list of conversations shows: the own title, else the message in short. */
  readonly notice: string;
  readonly language: Language;
  readonly view: View;
}

/** What makes the values of a title and of a text harmless. */
export interface Escapes {
  readonly title: Escape;
  readonly text: Escape;
}

/**
 * Says events in a receiver's words. A template of the configuration that cannot be rendered for some event is replaced
 * by the built-in one, and `onFault` hears of it: better other words than none.
 *
 * @throws AppError `TEMPLATE_INVALID`
 */
export function createSpeaker(
  { template, language }: Pick<Receiver, 'template' | 'language'>,
  escapes: Escapes,
  onFault: (reason: string) => void,
): (event: OutboundEvent, wording: Wording) => Said {
  const builtIn = BUILT_IN[language];
  const title = pair(template.title, builtIn.title, escapes.title);
  const text = pair(template.text, builtIn.text, escapes.text);
  const render = ({ own, other }: TemplatePair, view: View) => {
    if (own === null) return other.render(view);
    try {
      return own.render(view);
    } catch (error) {
      onFault(error instanceof Error ? error.message : String(error));
      return other.render(view);
    }
  };
  return (event, wording) => {
    const view = viewOf(event, language, wording);
    const headline = render(title, view).trim();
    const notice = template.title === null ? escapes.title(view.sms) : headline;
    return { title: headline, text: render(text, view).trim(), notice, language, view };
  };
}

interface TemplatePair {
  readonly own: Template | null;
  readonly other: Template;
}

function pair(own: string | null, other: string, harmless: Escape): TemplatePair {
  return { own: own === null ? null : compileTemplate(own, harmless), other: compileTemplate(other, harmless) };
}

/** The questions of a connection profile. What an answer must be like, the server says too. */
import { Select, TextInput } from "@mantine/core";
import type { Model } from "../shared/api";

export type Question = Model<"CustomField">;
type Props = {
  questions: Question[];
  answers: Record<string, string>;
  onAnswer: (name: string, answer: string) => void;
};

const INTEGER = 0;
const OPTIONS = 2;
const STRING_LENGTH = 12;

export function CustomFields({ questions, answers, onAnswer }: Props) {
  return questions.map((question) => {
    const name = question.name ?? "";
    const common = {
      label: question.label || name,
      description: question.description,
      required: question.required,
    };
    if (question.customFieldDataType === OPTIONS) {
      return (
        <Select
          key={name}
          {...common}
          comboboxProps={{ withinPortal: false }}
          data={choices(question.options)}
          value={answers[name] || null}
          onChange={(chosen) => onAnswer(name, chosen ?? "")}
          clearable={!question.required}
        />
      );
    }
    const isNumber = question.customFieldDataType === INTEGER;
    return (
      <TextInput
        key={name}
        {...common}
        inputMode={isNumber ? "numeric" : undefined}
        pattern={isNumber ? "-?[0-9]{1,18}" : undefined}
        maxLength={isNumber ? 19 : (question.length ?? STRING_LENGTH)}
        value={answers[name] ?? ""}
        onChange={(event) => onAnswer(name, event.currentTarget.value)}
      />
    );
  });
}

function choices(options: string | null): string[] {
  const all = (options ?? "").split(",").map((one) => one.trim());
  return [...new Set(all.filter(Boolean))];
}

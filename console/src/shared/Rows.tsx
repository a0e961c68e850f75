/** A short list that is changed as a whole: each of its rows has fields of its own, and they have an order. */
import { ActionIcon, Button, Fieldset, Group, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useAdminWords } from "../words/admin";
import { DownIcon, RemoveIcon, UpIcon } from "./icons";

type Props<Row> = {
  rows: Row[];
  onChange: (rows: Row[]) => void;
  /** What a new row begins with. */
  fresh: () => Row;
  /** What one row is called, by its number. */
  legend: (number: number) => string;
  add: string;
  most?: number;
  children: (row: Row, change: (part: Partial<Row>) => void) => ReactNode;
};

export function Rows<Row extends object>({ rows, onChange, fresh, legend, add, most, children }: Props<Row>) {
  const words = useAdminWords();
  const swap = (index: number, other: number) => {
    const next = [...rows];
    [next[index], next[other]] = [next[other] as Row, next[index] as Row];
    onChange(next);
  };
  return (
    <Stack gap="sm">
      {rows.map((row, index) => {
        const name = legend(index + 1);
        return (
          // Rows have no id before they are saved; their place is what they are known by.
          <Fieldset key={`${index} of ${rows.length}`} legend={name} className="row-fields">
            <Stack gap="sm">
              {children(row, (part) => onChange(rows.map((one, i) => (i === index ? { ...one, ...part } : one))))}
              <Group gap="xs" justify="flex-end">
                <Move label={words.form.up(name)} onClick={() => swap(index, index - 1)} isOff={index === 0}>
                  <UpIcon size={16} />
                </Move>
                <Move label={words.form.down(name)} onClick={() => swap(index, index + 1)} isOff={index === rows.length - 1}>
                  <DownIcon size={16} />
                </Move>
                <Move label={words.form.removeOf(name)} onClick={() => onChange(rows.filter((_, i) => i !== index))}>
                  <RemoveIcon size={16} />
                </Move>
              </Group>
            </Stack>
          </Fieldset>
        );
      })}
      {(most === undefined || rows.length < most) && (
        <Group>
          <Button variant="default" onClick={() => onChange([...rows, fresh()])}>
            {add}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Move(props: { label: string; onClick: () => void; isOff?: boolean; children: ReactNode }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={props.label} disabled={props.isOff} onClick={props.onClick}>
      {props.children}
    </ActionIcon>
  );
}

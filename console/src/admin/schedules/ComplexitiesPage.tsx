/** What passwords, and names of accounts, look like that Locum makes. */
import { useAdminWords } from "../../words/admin";
import { CredentialPlaces } from "../credentials/Places";
import { AddLink, NamedList } from "../NamedList";
import { useComplexities } from "./schedules";

export default function ComplexitiesPage() {
  const words = useAdminWords();
  const complexities = useComplexities();
  return (
    <NamedList
      title={words.complexities.title}
      intro={words.complexities.intro}
      search={words.form.searchIn(words.complexities.title)}
      empty={words.complexities.empty}
      found={complexities}
      at="/admin/complexities"
      add={<AddLink to="/admin/complexities/new" label={words.complexities.add} />}
      places={<CredentialPlaces />}
      columns={[
        { key: "type", label: words.complexities.type, show: (row) => words.complexities.types[row.type] },
        { key: "length", label: words.complexities.length, show: (row) => row.length },
      ]}
    />
  );
}
